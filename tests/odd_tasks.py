"""The tiny task with something done to its examples, as people's data has it."""

from collections.abc import Callable, Iterator

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples, Rows, Split
from hwnas.testing._tiny_task import TinyTask

SPEC = InputSpec("x", (2, 6, 6))
Change = Callable[[Examples], Examples]


class Changed(TinyTask):
    """The tiny task with something done to its examples."""

    def __init__(self, change: Change = lambda e: e, spec: InputSpec = SPEC) -> None:
        super().__init__(spec, n=40)
        self.change = change

    def examples(self, split: Split) -> Examples:
        return self.change(super().examples(split))


def on_labels(change: Callable[[np.ndarray], object]) -> Change:
    return lambda e: Examples(e.inputs, change(e.labels))  # type: ignore[arg-type]


def on_input(change: Callable[[np.ndarray], object]) -> Change:
    return lambda e: Examples((change(e.inputs[0]),), e.labels)  # type: ignore[arg-type]


class Elsewhere(Rows):
    """Examples that are read a part at a time; what was asked for is noted."""

    def __init__(self, held: Examples, size: int = 7) -> None:
        self.held, self.size = held, size
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.held)

    def take(self, rows: slice | IntArray) -> Examples:
        found = self.held.take(rows)
        self.asked.append(len(found))
        return found

    def parts(self) -> Iterator[Examples]:
        yield from self.batches(np.arange(len(self))[i : i + self.size] for i in range(0, len(self), self.size))


class Streaming(Changed):
    """The tiny task with data that is not in memory."""

    def examples(self, split: Split) -> Rows:  # type: ignore[override]
        return Elsewhere(super().examples(split))
