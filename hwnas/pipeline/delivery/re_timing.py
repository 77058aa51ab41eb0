"""What is measured in the moment a model is handed out, and whether it keeps what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Examiner
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.tables.recorded import recorded_latencies, recorded_table
from hwnas.pipeline.tables.time_architectures import beside_latency, write_reference
from hwnas.profiling.estimate import Latency
from hwnas.profiling.moment import Moment, Patience, time_calmly
from hwnas.profiling.presets import Preset

BETWEEN_SESSIONS = 0.015  # standard deviation of what 12 processes in turn found for one file on a virtual machine


@dataclass(frozen=True)
class Now:
    """A model's latency, and those figures beside it that are limited; `slower` is how many times slower the device was
    than what the latency is scaled to.
    """

    latency: Latency
    beside: Mapping[str, float]
    slower: float = 1.0

    def keeps(self, limits: Limits) -> bool:
        """Whether all limits on what was measured are kept, that on the latency by its whole interval."""
        within = limits.max_latency_ms is None or self.latency.high_ms <= limits.max_latency_ms
        return within and all(self.beside[name] <= limit for name, limit in limits.further().items())


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
    slower = 1.0
    if isinstance(device, RecordedDevice):
        latency = recorded_latencies(recorded_table(device, space), space, [architecture], seed=0)[0]
    else:
        reference = write_reference(space, folder)
        moment = time_calmly(device, source, reference, preset, reference_ms, patience=patience)
        latency, slower = _promised(moment)
    if not limits.further():
        return Now(latency, {}, slower)
    facts = list(device.examine([source])) if isinstance(device, Examiner) else []
    if not facts:
        raise InputError(f"{device.card().device} does not tell {', '.join(limits.further())}; drop that limit.")
    return Now(latency, beside_latency(latency.latency_ms, facts[0]), slower)


def _promised(moment: Moment) -> tuple[Latency, float]:
    """What to say of a moment to those who time the model in others; and how many times slower the device was.

    In a calm moment that is what was seen, or, if more, what it takes on the scale of the profile. When the device was
    never calm, only the latter says something. The interval is wider by how much such figures differ between sessions.
    """
    latency, slower = moment.quiet, max(1.0, moment.slower)
    if moment.calm and moment.slower > 1:
        latency, slower = moment.seen, 1.0
    more = 1.96 * BETWEEN_SESSIONS * latency.latency_ms
    low_ms, high_ms = (
        latency.latency_ms + sign * hypot(end - latency.latency_ms, more)
        for sign, end in ((-1, latency.low_ms), (1, latency.high_ms))
    )
    return replace(latency, low_ms=low_ms, high_ms=high_ms), slower


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
