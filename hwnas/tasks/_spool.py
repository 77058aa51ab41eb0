"""Examples that come once and are too many for memory: written to temporary files, from which they are read again.

The files are in Python's temporary folder (``TMPDIR``), have no name, and go with the process, however it ends.
"""

import math
import tempfile
from typing import IO

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.tasks._source import Arrays, Held


class Spool:
    """Takes batches one after the other, in memory up to `most_bytes` as float32 and in files beyond."""

    def __init__(self, where: str, most_bytes: float) -> None:
        self._where, self._most, self._bytes = where, most_bytes, 0
        self._pending: list[Arrays] = []
        self._names: frozenset[str] = frozenset()
        self._columns: dict[str, _Column] = {}

    def add(self, batch: Arrays) -> None:
        """The next examples.

        Raises:
            InputError: they have other names, shapes or types than those before, or the disk is full.
        """
        self._names = self._names or frozenset(batch[0])
        if self._names != batch[0].keys():
            raise InputError(f"{self._where} gives rows of different names; give every row the same ones.")
        self._pending.append(batch)
        self._bytes += 4 * sum(x.size for x in batch[0].values())
        if self._bytes > self._most:
            self._write()

    def end(self) -> Held:
        """All of them.

        Raises:
            InputError: as above, or there are none.
        """
        if self._columns:
            self._write()
            arrays = {name: column.mapped() for name, column in self._columns.items()}
            return Held({n.removeprefix("input/"): x for n, x in arrays.items() if n}, arrays[""], held=False)
        if not self._pending:
            raise InputError(f"{self._where} gives no example; give at least one.")
        inputs = {name: self._joined([part[name] for part, _ in self._pending]) for name in self._pending[0][0]}
        return Held(inputs, self._joined([labels for _, labels in self._pending]))

    def _joined(self, parts: list[np.ndarray]) -> np.ndarray:
        if len({(part.shape[1:], part.dtype.kind) for part in parts}) > 1:
            raise InputError(f"{self._where} gives examples of different shapes or types; pad or crop them to one.")
        return np.concatenate(parts)

    def _write(self) -> None:
        for inputs, labels in self._pending:
            for name, values in {**{f"input/{name}": x for name, x in inputs.items()}, "": labels}.items():
                if name not in self._columns:
                    self._columns[name] = _Column(values)
                if not self._columns[name].add(values):
                    raise InputError(
                        f"{self._where} gives examples of different shapes or types; pad or crop them to one."
                    )
        self._pending.clear()


class _Column:
    """One array that grows, in a file."""

    def __init__(self, first: np.ndarray) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="hwnas-")  # noqa: SIM115  it is open as long as the data
        self._each, self._dtype, self._count = first.shape[1:], first.dtype, 0

    def add(self, values: np.ndarray) -> bool:
        """Whether they are as those before; then they are written."""
        if values.shape[1:] != self._each or values.dtype != self._dtype:
            return False
        try:
            self._file.write(np.ascontiguousarray(values).tobytes())
        except OSError as error:
            raise InputError(
                f"Examples that do not fit into memory cannot be kept in {tempfile.gettempdir()} ({error.strerror}); "
                "name a folder with more room in TMPDIR, or give a data set with a length, which is read when needed."
            ) from error
        self._count += len(values)
        return True

    def mapped(self) -> np.ndarray:
        """All of it, read when it is looked at."""
        self._file.flush()
        if not self._count * math.prod(self._each):
            return np.zeros((self._count, *self._each), self._dtype)
        return np.memmap(self._file, self._dtype, "r", shape=(self._count, *self._each))
