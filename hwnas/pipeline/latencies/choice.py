"""Which source of latencies a device is."""

from collections.abc import Sequence
from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.latencies.recorded import RecordedLatencies
from hwnas.pipeline.latencies.source import LatencySource
from hwnas.pipeline.latencies.timed import TimedLatencies
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.presets import Preset


def latencies_of(
    device: Device,
    space: SearchSpace,
    run: Run,
    preset: Preset,
    seed: int,
    transfer_from: Sequence[Path],
    progress: Progress,
) -> LatencySource:
    """The latencies of a space on a device, see `TimedLatencies` and `RecordedLatencies`."""
    if isinstance(device, RecordedDevice):
        return RecordedLatencies(device, space, run)
    return TimedLatencies(device, space, run, preset, seed, transfer_from, progress)
