"""Other devices' tables of the same space, as sources to transfer latencies from."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import features
from hwnas.predictors.transfer import Table
from hwnas.profiling.table import LatencyTable, TransferSource


def read_transfer_sources(paths: Sequence[Path], space: SearchSpace, card: DeviceCard) -> list[TransferSource]:
    """The tables of `space` on other devices than that of `card`: files, and whatever lies in folders.

    Raises:
        InputError: a file is no usable table of this space, or a folder holds none.
    """
    devices: dict[str, TransferSource] = {}
    for path in paths:
        before = len(devices)
        for table in _tables(path, space):
            if table.device.id != card.id:
                device = TransferSource(device=table.device.device, id=table.device.id, rows=table.rows)
                devices.setdefault(table.device.id, device)
        if len(devices) == before:
            raise InputError(
                f"{path} holds no usable latency table of space {space.name!r} with {quoted(space.parameters)} on "
                f"another device; profile that space there, or leave it out."
            )
    return [devices[name] for name in sorted(devices)]


def _tables(path: Path, space: SearchSpace) -> Iterator[LatencyTable]:
    """Of a file, or those in a folder that are of the space."""
    if not path.is_dir():
        table = LatencyTable.read(path)
        if table.is_of(space) and table.verdict.state != "unusable":
            yield table
        return
    for file in sorted(path.rglob("*.json")):
        try:
            yield from _tables(file, space)
        except InputError:  # a folder may hold other things
            continue


def tables_of(sources: Sequence[TransferSource], space: SearchSpace, column: str = "latency_ms") -> list[Table]:
    """Features and figures of the devices that tell a column of every row."""
    told = [other for other in sources if all(getattr(row, column) is not None for row in other.rows)]
    return [(_features(other, space), _figures(other, column)) for other in told]


def _features(other: TransferSource, space: SearchSpace) -> FloatArray:
    return features(space, space.encode_many(row.architecture for row in other.rows))


def _figures(other: TransferSource, column: str) -> FloatArray:
    return np.array([getattr(row, column) for row in other.rows], dtype=np.float64)
