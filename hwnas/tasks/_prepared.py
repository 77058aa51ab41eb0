"""Raw examples as a network takes them: what its inputs are, and how each value is prepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import SPLITS, Examples, Rows, Split
from hwnas.tasks._source import Arrays, Held, Source


class Prepared(Rows):
    """Examples of a source that are prepared when they are taken."""

    def __init__(self, source: Source, inputs: Sequence[InputSpec], preprocessing: Preprocessing | None) -> None:
        self._source, self._inputs, self._preprocessing = source, inputs, preprocessing

    def __len__(self) -> int:
        return len(self._source)

    def take(self, rows: slice | IntArray) -> Examples:
        """See `Rows.take`."""
        return self.ready(self._source.take(np.arange(len(self))[rows]))

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Examples]:
        """See `Rows.batches`."""
        yield from map(self.ready, self._source.batches(rows))

    def kinds(self) -> IntArray | None:
        """See `Source.kinds`."""
        return self._source.kinds()

    def ready(self, arrays: Arrays) -> Examples:
        """Raw examples as network input."""
        (given, labels), ready = arrays, []
        for spec, values in zip(self._inputs, given.values(), strict=True):
            prepare = self._preprocessing if spec.dtype == "float32" else None
            ready.append(prepare(values) if prepare else values.astype(spec.dtype))
        return Examples(tuple(ready), labels.astype(np.float32 if labels.dtype.kind == "f" else np.int64))


def prepared(source: Source, inputs: Sequence[InputSpec], preprocessing: Preprocessing | None) -> Rows:
    """All at once where they are in memory."""
    lazy = Prepared(source, inputs, preprocessing)
    return lazy.take(slice(None)) if source.held else lazy


def labels_of(rows: Rows) -> np.ndarray | None:
    """All labels, ``(n, ...)``, where they are known without reading the examples."""
    return rows.kinds() if isinstance(rows, Prepared) else rows.sample().labels


def specs(splits: Mapping[Split, Source], given: Sequence[str | InputSpec] | None) -> list[InputSpec]:
    """What a network takes: as is said, else as the data says it.

    Raises:
        InputError: the splits have other inputs, or ids of data that is read when wanted have no bound.
    """
    first = {split: source.take(np.arange(min(1, len(source))))[0] for split, source in splits.items()}
    said = {spec.name: spec for spec in given or () if isinstance(spec, InputSpec)}
    return [said.get(name) or _spec(name, splits, first) for name in first["train"]]


def _spec(name: str, splits: Mapping[Split, Source], first: Mapping[Split, Mapping[str, np.ndarray]]) -> InputSpec:
    """Bytes are pixels and other whole numbers are ids."""
    values = [first[split].get(name) for split in SPLITS]
    arrays = [x for x in values if x is not None]
    if len(arrays) < len(values):
        raise InputError(f"Input {quoted(name)} is not in every split; give each split the same inputs.")
    if len({x.shape[1:] for x in arrays}) > 1:
        raise InputError(f"Input {quoted(name)} has shapes {[x.shape[1:] for x in arrays]} in the splits; give one.")
    if len(set(map(_is_of_ids, arrays))) > 1 or len({x.dtype == np.uint8 for x in arrays}) > 1:
        raise InputError(
            f"Input {quoted(name)} is {', '.join(str(x.dtype) for x in arrays)} in the splits, and pixels, ids and "
            "other numbers are not alike; give all of one kind."
        )
    shape = tuple(int(size) for size in arrays[0].shape[1:])
    if not _is_of_ids(arrays[0]):
        return InputSpec(name, shape)
    largest = [int(source.inputs[name].max()) for source in splits.values() if isinstance(source, Held)]
    if len(largest) < len(splits):
        raise InputError(
            f"Input {quoted(name)} has ids that are read when they are wanted, so the largest is not found; say it as "
            f'inputs=[hwnas.InputSpec({name!r}, {shape}, "int64", high=VOCABULARY)], or give in_memory=True.'
        )
    return InputSpec(name, shape, "int64", max(largest) + 1)


def _is_of_ids(x: np.ndarray) -> bool:
    return x.dtype.kind in "biu" and x.dtype != np.uint8
