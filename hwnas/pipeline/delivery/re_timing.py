"""What is measured in the moment a model is handed out, and whether it keeps what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import FIGURES, LATENCY
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Examiner, told_by
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.selection.feasibility import untold
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.tables.recorded import recorded_latencies, recorded_table
from hwnas.pipeline.tables.time_architectures import write_reference
from hwnas.profiling.estimate import Latency, in_next_session, other_session
from hwnas.profiling.moment import Moment, Patience, time_calmly
from hwnas.profiling.presets import Preset


@dataclass(frozen=True)
class Now:
    """A model's latency, and what the device told beside it.

    Args:
        latency: at the speed that the front's latencies are stated at, with the interval of another session.
        extra: what the device told beside it, where that is limited.
        at_slowest_ms: upper end of the latency at the slowest speed remembered of the device.
        level: what is known of its speeds.
        slower: times slower than the stated speed that the device was.
    """

    latency: Latency
    extra: Mapping[str, float]
    at_slowest_ms: float
    level: Level
    slower: float = 1.0

    def keeps(self, limits: Limits) -> bool:
        """Whether all limits on what was measured are kept, that on the latency at the slowest speed remembered."""
        figures = {**self.extra, LATENCY.name: self.at_slowest_ms}
        return all(f.keeps(figures[f.name], limits.bounds.get(f.name)) for f in FIGURES if f.name in figures)


def measure_now(
    device: Device,
    space: SearchSpace,
    architecture: Architecture,
    source: Path,
    folder: Path,
    preset: Preset,
    reference_ms: float,
    limits: Limits,
    patience: Patience,
) -> Now:
    """Time the model at `source` beside the reference of its space, which is written into `folder`, and measure what
    else is limited; of a device that is only recorded, what its table says.

    Raises:
        InputError: a figure is limited that the device does not tell.
        DeviceError: the device fails.
    """
    if isinstance(device, RecordedDevice):
        table = recorded_table(device, space)
        now = _recorded(recorded_latencies(table, space, [architecture], seed=0)[0], table.protocol.level)
    else:
        reference = write_reference(space, folder)
        now = _promised(time_calmly(device, source, reference, preset, reference_ms, patience=patience))
    if not limits.extra():
        return now
    told = told_by(device)
    if not isinstance(device, Examiner) or not limits.extra().keys() <= told:
        raise InputError(untold(device.card().device, limits.extra().keys() - told, told))
    return replace(now, extra=next(device.examine([source])).at(now.latency.latency_ms))


def _promised(moment: Moment) -> Now:
    """What to say of a moment to those who time the model in others.

    A budget is kept at the slowest speed remembered; a calm moment is one such, also where it is not remembered. When
    the device was never calm, only what the model takes at the stated speed says something.
    """
    latency = other_session(moment.at_baseline)
    times = max(1.0, moment.slower) if moment.calm else 1.0
    at_slowest_ms = max(moment.level.at_slowest_ms(latency.high_ms), latency.high_ms * times)
    return Now(in_next_session(latency, moment.level), {}, at_slowest_ms, moment.level, max(1.0, moment.slower))


def _recorded(latency: Latency, level: Level) -> Now:
    return Now(in_next_session(latency, level), {}, level.at_slowest_ms(latency.high_ms), level)


def refuse_other_device(measured: Mapping[str, object], device: Device, folder: Path) -> None:
    """Latencies of another device (its card is `measured`), and their scale, say nothing about this one.

    Raises:
        InputError: it is another one.
    """
    now = device.card().to_dict()
    differing = [name for name in now if now[name] != measured.get(name)]
    if differing:
        name = differing[0]
        raise InputError(
            f"The front was measured on a device with {name} {measured.get(name)}, here {name} is {now[name]}; "
            f"search this device first with `hwnas search {folder} --device {now['device']}`."
        )
