"""Tables measured earlier: used again if they still hold, for their canaries are timed first."""

import tempfile
from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.search_space import SearchSpace
from hwnas.export.writer import write_onnx
from hwnas.pipeline._measuring import Progress, network_of, write_reference
from hwnas.profiling.drift import Drift, find_drift, is_old, rescale
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models
from hwnas.profiling.table import LatencyTable

CHECKING = "checking the table"


def check_table(table: LatencyTable, space: SearchSpace, device: Device, progress: Progress) -> Drift:
    """Time the canaries of a table of this space and device again, in a few seconds.

    Raises:
        DeviceError: the device fails.
    """
    with tempfile.TemporaryDirectory(prefix="hwnas-") as folder:
        canaries = [space.architecture(canary.architecture) for canary in table.canaries]
        paths = [write_onnx(network_of(space, a), space.inputs, Path(folder) / f"{a.key}.onnx") for a in canaries]
        profile = time_models(
            device, paths, write_reference(space, Path(folder)), find_preset("rapid"),
            reference_ms=table.protocol.reference_ms, progress=lambda done, total: progress(CHECKING, done, total),
        )  # fmt: skip
    if profile.verdict.state == "unusable":
        return Drift("refused", 1.0, f"The table of {table.created[:10]} cannot be checked: {profile.verdict.advice}")
    return find_drift(table, profile.latencies, profile.scale)


def still_true(table: LatencyTable, space: SearchSpace, device: Device, progress: Progress) -> LatencyTable | None:
    """The table if it is young or its canaries agree, rescaled if the device changed its speed, else None."""
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
) -> tuple[LatencyTable | None, bool]:
    """The table at `path` if it has so many rows and still holds; and whether it was refused, so that nothing of its
    session may be used again.

    Raises:
        InputError: a table cannot be read or written.
        DeviceError: the device fails.
    """
    refused = False
    if path.exists():
        table = LatencyTable.read(path)
        if table.is_of(space) and len(table.rows) >= samples:
            held = still_true(table, space, device, progress)
            if held is not None:
                if held is not table:
                    held.write(path)
                return held, False
            path.unlink()
            refused = True
    return None, refused
