"""How long a model takes in this moment, and how much slower the device is in it than it has been when quiet."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.profiling._memory import QuietMemory
from hwnas.profiling._pace import write_pace_model
from hwnas.profiling.estimate import Latency
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import Profile, time_models
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
        slower: times slower than the device has been when quiet; 1 where nothing is remembered.
    """

    profile: Profile
    slower: float

    @property
    def seen(self) -> Latency:
        """What the model took."""
        return self.profile.latencies[0]

    @property
    def quiet(self) -> Latency:
        """What the model takes when the device is quiet."""
        seen, times = self.seen, 1 / self.slower
        return replace(
            seen, latency_ms=seen.latency_ms * times, low_ms=seen.low_ms * times, high_ms=seen.high_ms * times
        )

    @property
    def calm(self) -> bool:
        """Whether the device was about as fast as when quiet."""
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
) -> Moment:
    """Time `model` beside `reference`, some moments long until one is calm or `tells` enough; else the last one.

    Args:
        device: what to time on.
        model: ONNX file.
        reference: ONNX file, may be the same.
        preset: how much to measure in a moment.
        reference_ms: what the reference takes when quiet, where an earlier session is to be compared with. Without it
            the pace model, one of hwnas's own, tells how quiet it is, from what is remembered of it.
        tells: whether a moment that is not calm is enough.
        patience: what of it is left; by default a new one.

    Raises:
        DeviceError: the device fails.
    """
    patience = patience or Patience()
    while True:
        moment = _time(device, model, reference, preset, reference_ms)
        if moment.calm or tells(moment) or not patience.pauses:
            return moment
        patience.pauses -= 1
        sleep(PAUSE_SECONDS)


def _time(device: Device, model: Path, reference: Path, preset: Preset, reference_ms: float | None) -> Moment:
    with tempfile.TemporaryDirectory(prefix="hwnas-") as folder:
        pace = write_pace_model(Path(folder))
        memory = QuietMemory(device.card(), pace)
        try:
            profile = time_models(device, [model, pace], reference, preset)
        except DeviceError as error:
            if str(pace) not in str(error):
                raise
            # An accelerator need not know the pace model's operators.
            profile = time_models(device, [model], reference, preset)
    slower = profile.scale.seen_ms / reference_ms if reference_ms else 1.0
    if len(profile.latencies) == 1:
        return Moment(profile, slower)
    seen_ms = profile.latencies[1].latency_ms
    memory.keep(seen_ms / max(1.0, slower))  # what it would have taken in the session to be compared with
    if reference_ms is None:
        slower = max(1.0, seen_ms / (memory.recall() or seen_ms))
    return Moment(replace(profile, latencies=profile.latencies[:1]), slower)
