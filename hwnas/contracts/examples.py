"""Examples by number: arrays in memory, or data that lies elsewhere and is read a part at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import IntArray

if TYPE_CHECKING:
    from torch import Tensor

_PART_BYTES = 2**25  # of inputs that are looked at together: 32 MiB
_PART = 2048  # examples, at most
_SAMPLED = 256  # examples that stand for data which is not read whole


class Rows(ABC):
    """Examples of one split, by number: all that training and judging ask of data, wherever it lies.

    Data that streams has a length and `take`; better also `batches`, where batches that come later can be made ready.
    """

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def take(self, rows: slice | IntArray) -> Examples:
        """Some of them, in memory, in the order of their numbers `rows`; the same ones every time."""

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Examples]:
        """One batch after the other, each of the examples with these numbers."""
        yield from map(self.take, rows)

    def parts(self) -> Iterator[Examples]:
        """All of them in their order, as many at a time as fit into memory in any case."""
        size = sum(x.nbytes for x in self.take(slice(0, 1)).inputs)
        at_once = max(1, min(_PART, _PART_BYTES // max(size, 1)))
        yield from self.batches(np.arange(i, min(i + at_once, len(self))) for i in range(0, len(self), at_once))

    def sample(self) -> Examples:
        """What stands for all where not all are read: some that are drawn once and for all."""
        rows = np.random.default_rng(0).choice(len(self), min(_SAMPLED, len(self)), replace=False)
        return self.take(np.sort(rows))

    def told_by(self) -> tuple[np.ndarray, ...]:
        """Arrays that are others for other examples: of data that streams its length and a sample, so a change of
        examples outside the sample goes unseen.
        """
        some = self.sample()
        return np.array(len(self)), *some.inputs, some.labels


@dataclass(frozen=True)
class Examples(Rows):
    """Inputs and labels of one split, ready for a network: one array ``(n, ...)`` per network input, then ``(n, ...)``.

    Labels of a classification are whole numbers: ``(n,)``, or ``(n, ...)`` where every place of an output has one.
    """

    inputs: tuple[np.ndarray, ...]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: slice | IntArray) -> Examples:
        """Some of the rows."""
        return Examples(tuple(x[rows] for x in self.inputs), self.labels[rows])

    def parts(self) -> Iterator[Examples]:
        """All at once: they are in memory."""
        yield self

    def sample(self) -> Examples:
        """All: they are at hand."""
        return self

    def told_by(self) -> tuple[np.ndarray, ...]:
        """All arrays."""
        return *self.inputs, self.labels


@dataclass(frozen=True)
class Batch:
    """Some examples as tensors, as a loss or a score takes them: inputs ``(n, ...)`` each, and labels ``(n, ...)``."""

    inputs: tuple[Tensor, ...]
    labels: Tensor


def advice_on_labels(labels: np.ndarray) -> str:
    """What to do where one whole number for each example is wanted and labels have other shapes that are common."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        return f"labels are a column {labels.shape}, expected {labels.shape[:1]}; give labels[:, 0]"
    is_one_hot = labels.ndim == 2 and ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
    return f"labels are one-hot {labels.shape}; give labels.argmax(axis=1)" if len(labels) and is_one_hot else ""
