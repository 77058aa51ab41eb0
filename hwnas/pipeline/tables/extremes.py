"""The smallest, middle and largest network of a space, with what they cost on a device."""

from dataclasses import dataclass

from hwnas.archive import Archive
from hwnas.contracts.device import Device
from hwnas.contracts.search_space import SearchSpace
from hwnas.export.architecture import network_of
from hwnas.pipeline.tables.time_architectures import Progress, profile_space
from hwnas.profiling.presets import find_preset


@dataclass(frozen=True)
class SizedNetwork:
    """One of the three; `macs` of one example."""

    name: str
    params: float
    macs: float | None
    latency_ms: float


def time_extremes(space: SearchSpace, device: Device, progress: Progress) -> list[SizedNetwork]:
    """Time the three now, briefly.

    Raises:
        DeviceError: the device fails.
    """
    with Archive(":memory:") as archive:
        table = profile_space(space, device, archive, samples=3, preset=find_preset("rapid"), seed=0, progress=progress)
    latency = {space.architecture(row.architecture): row.latency_ms for row in table.rows}
    sized = []
    for name in ("smallest", "middle", "largest"):
        architecture = getattr(space, name)
        params = sum(p.numel() for p in network_of(space, architecture).parameters())
        macs = float(space.costs(space.encode(architecture)[None])["macs"][0]) if space.costs else None
        sized.append(SizedNetwork(name, params, macs, latency[architecture]))
    return sized
