"""Tables measured earlier: used again if they still hold, for their canaries are timed first.

A table speaks of the device at its baseline speed. So it is not the moment of the check alone that tells whether the
device became slower, but what is remembered of it; where nothing is, the fastest of some moments.
"""

from pathlib import Path
from time import sleep

from hwnas.archive.provenance import digest
from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.temporary import temporary_folder
from hwnas.export.architecture import write_architecture
from hwnas.pipeline.tables.time_architectures import Progress, write_reference
from hwnas.profiling.drift import Drift, find_drift, is_old, rescale
from hwnas.profiling.moment import PAUSE_SECONDS, PAUSES
from hwnas.profiling.presets import find_preset
from hwnas.profiling.remember import remember
from hwnas.profiling.stopwatch import time_models
from hwnas.profiling.table import LatencyTable

CHECKING = "checking the table"


def check_table(table: LatencyTable, space: SearchSpace, device: Device, progress: Progress) -> Drift:
    """Time the canaries of a table of this space and device again, in a few seconds; some moments long, until one finds
    that it holds as it is.

    Raises:
        DeviceError: the device fails, or is too busy to tell.
    """
    with temporary_folder() as folder:
        canaries = [space.architecture(canary.architecture) for canary in table.canaries]
        paths = [write_architecture(space, a, Path(folder) / f"{a.key}.onnx") for a in canaries]
        reference = write_reference(space, table.protocol.reference, Path(folder))
        drift = None
        for moment in range(1 + PAUSES):
            sleep(PAUSE_SECONDS if moment else 0.0)
            profile = time_models(
                device, paths, reference, find_preset("rapid"), reference_ms=table.protocol.reference_ms,
                progress=lambda done, total: progress(CHECKING, done, total),
            )  # fmt: skip
            if profile.verdict.state == "unusable":
                continue
            drift = find_drift(table, profile.latencies, remember(device, reference, profile))
            if drift.state == "accepted":
                break
    if drift is None:
        raise DeviceError(
            f"Whether the table of {table.created[:10]} still holds cannot be told now, and it is kept: "
            f"{profile.verdict.advice}"
        )
    return drift


def still_true(table: LatencyTable, space: SearchSpace, device: Device, progress: Progress) -> LatencyTable | None:
    """The table if it is young or its canaries agree, rescaled if the device changed its speed, else None.

    Raises:
        DeviceError: as `check_table`.
    """
    if table.verdict.state == "unusable" or not table.canaries:
        return None
    if not is_old(table):
        return table
    drift = check_table(table, space, device, progress)
    if drift.state == "rescaled":
        return rescale(table, drift)
    return table if drift.state == "accepted" else None


def known_table(
    path: Path, space: SearchSpace, device: Device, samples: int, progress: Progress
) -> tuple[LatencyTable | None, str | None]:
    """The table at `path` if it has so many rows and still holds; and the name of one that was refused, so that nothing
    of its session may be used again. It stays until there is another.

    Raises:
        InputError: a table cannot be read or written.
        DeviceError: the device fails.
    """
    if path.exists():
        table = LatencyTable.read(path)
        if table.is_of(space) and len(table.rows) >= samples:
            held = still_true(table, space, device, progress)
            if held is not None:
                if held is not table:
                    held.write(path)
                return held, None
            return None, name_of(table)
    return None, None


def name_of(table: LatencyTable) -> str:
    """What tells a table from every other."""
    return digest(table.model_dump_json())
