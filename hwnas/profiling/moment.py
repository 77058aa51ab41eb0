"""How long a model takes in this moment, and how much slower the device is in it than at its baseline speed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.level import Level
from hwnas.contracts.temporary import temporary_folder
from hwnas.profiling.estimate import Latency
from hwnas.profiling.presets import Preset
from hwnas.profiling.probe import write_probe
from hwnas.profiling.speeds import SpeedRecord
from hwnas.profiling.stopwatch import OnCount, Profile, time_models
from hwnas.profiling.verdict import SLOWER

PAUSES, PAUSE_SECONDS = 2, 1.0  # before a device which stays slower than it has been is not waited for any longer


@dataclass
class Patience:
    """How many pauses are left; who hands many models out waits so long for all of them together."""

    pauses: int = PAUSES


@dataclass(frozen=True)
class Moment:
    """One model's timing.

    Args:
        profile: of the model alone, as it was seen in the moment.
        slower: times slower than the device's baseline speed; 1 where nothing is remembered.
        level: what is known of the speeds that `at_baseline` is to be seen at.
    """

    profile: Profile
    slower: float
    level: Level = field(default_factory=Level)

    @property
    def seen(self) -> Latency:
        """What the model took."""
        return self.profile.latencies[0]

    @property
    def at_baseline(self) -> Latency:
        """What the model takes at the device's baseline speed."""
        seen, times = self.seen, 1 / self.slower
        return replace(
            seen, latency_ms=seen.latency_ms * times, low_ms=seen.low_ms * times, high_ms=seen.high_ms * times
        )

    @property
    def calm(self) -> bool:
        """Whether the device was about as fast as usual."""
        return self.slower <= SLOWER


def time_calmly(
    device: Device,
    model: Path,
    reference: Path,
    preset: Preset,
    reference_ms: float | None = None,
    *,
    tells: Callable[[Moment], bool] = lambda _: False,
    patience: Patience | None = None,
    progress: OnCount | None = None,
) -> Moment:
    """Time `model` beside `reference`, some moments long until one is calm or `tells` enough; else the last one.

    Args:
        device: what to time on.
        model: ONNX file.
        reference: ONNX file, may be the same.
        preset: how much to measure in a moment.
        reference_ms: what the reference takes at the baseline speed, where an earlier session is to be compared with.
            Without it the speed probe, a model of hwnas's own, tells how fast the device is, from what is remembered
            of it.
        tells: whether a moment that is not calm is enough.
        patience: what of it is left; by default a new one.
        progress: shows how far a moment is.

    Raises:
        DeviceError: the device fails.
    """
    patience = patience or Patience()
    while True:
        moment = _time(device, model, reference, preset, reference_ms, progress)
        if moment.calm or tells(moment) or not patience.pauses:
            return moment
        patience.pauses -= 1
        sleep(PAUSE_SECONDS)


def _time(
    device: Device,
    model: Path,
    reference: Path,
    preset: Preset,
    reference_ms: float | None,
    progress: OnCount | None,
) -> Moment:
    with temporary_folder() as folder:
        probe, record = write_probe(folder), SpeedRecord(device.card())
        profile, probe_ms = _time_beside_probe(device, model, probe, reference, preset, progress)
        speeds = {} if reference_ms is None else {reference: profile.scale.seen_ms}
        record.keep(speeds | ({} if probe_ms is None else {probe: probe_ms}), profile.others_busy)
        if reference_ms is not None:
            slower = profile.scale.seen_ms / reference_ms
            return Moment(profile, slower, record.level([reference, probe], reference_ms))
        if probe_ms is None:
            return Moment(profile, 1.0, record.level([], 1.0))
        slower = max(1.0, probe_ms / (record.baseline_ms(probe) or probe_ms))
        return Moment(profile, slower, record.level([probe], probe_ms / slower))


def _time_beside_probe(
    device: Device, model: Path, probe: Path, reference: Path, preset: Preset, progress: OnCount | None
) -> tuple[Profile, float | None]:
    """The model's profile, and what the speed probe took; None where the device refuses it."""
    try:
        profile = time_models(device, [model, probe], reference, preset, progress=progress)
    except DeviceError as error:
        if str(probe) not in str(error):
            raise
        return time_models(device, [model], reference, preset, progress=progress), None
    return replace(profile, latencies=profile.latencies[:1]), profile.latencies[1].latency_ms
