"""What is measured in the moment a model is handed out, and whether it keeps what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Examiner
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline._limits import Limits
from hwnas.pipeline._measuring import beside_latency, write_reference
from hwnas.pipeline._recorded import recorded_latencies, recorded_table
from hwnas.profiling.estimate import Latency
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import time_models


@dataclass(frozen=True)
class Now:
    """A model's latency, and those figures beside it that are limited."""

    latency: Latency
    beside: Mapping[str, float]

    def keeps(self, limits: Limits) -> bool:
        """Whether all limits on what was measured are kept, that on the latency by its whole interval."""
        within = limits.max_latency_ms is None or self.latency.high_ms <= limits.max_latency_ms
        return within and all(self.beside[name] <= limit for name, limit in limits.further().items())


def measure_now(
    device: Device,
    space: SearchSpace,
    architecture: Architecture,
    source: Path,
    preset: Preset,
    reference_ms: float,
    limits: Limits,
) -> Now:
    """Time the model at `source` beside the reference of its space, and measure what else is limited; of a device that
    is only recorded, what its table says.

    Raises:
        InputError: a figure is limited that the device does not tell.
        DeviceError: the device fails.
    """
    if isinstance(device, RecordedDevice):
        latency = recorded_latencies(recorded_table(device, space), space, [architecture], seed=0)[0]
    else:
        reference = write_reference(space, source.parent)
        latency = time_models(device, [source], reference, preset, reference_ms=reference_ms).latencies[0]
    if not limits.further():
        return Now(latency, {})
    facts = list(device.examine([source])) if isinstance(device, Examiner) else []
    if not facts:
        raise InputError(f"{device.card().device} does not tell {', '.join(limits.further())}; drop that limit.")
    return Now(latency, beside_latency(latency.latency_ms, facts[0]))


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
