"""Raw examples by number, as their owner has them: in memory, or read a part at a time."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.arrays import IntArray

Arrays = tuple[dict[str, np.ndarray], np.ndarray]
"""Inputs by name, each ``(n, ...)``, and labels ``(n, ...)``."""


class Source(ABC):
    """Raw examples by number.

    `held` says whether they may be prepared all at once; `classes` how many there are, where the data says so.
    """

    held = False
    classes: int | None = None

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def take(self, rows: IntArray) -> Arrays:
        """Those with these numbers."""

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Arrays]:
        """One batch after the other."""
        yield from map(self.take, rows)

    def kinds(self) -> IntArray | None:
        """The class of each, ``(n,)``, where it is known without reading them."""
        return None

    def keys(self) -> list[bytes] | None:
        """What only equal ones share, where it is known without reading them."""
        return None


@dataclass(frozen=True)
class Held(Source):
    """Arrays; in memory, or mapped to files and then not `held`."""

    inputs: dict[str, np.ndarray]
    labels: np.ndarray
    held: bool = True

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: IntArray) -> Arrays:
        """See `Source.take`."""
        return {name: x[rows] for name, x in self.inputs.items()}, self.labels[rows]

    def kinds(self) -> IntArray | None:
        """The labels, where each is one whole number."""
        return self.labels.astype(np.int64) if self.labels.ndim == 1 and self.labels.dtype.kind in "iu" else None

    def keys(self) -> list[bytes]:
        """Of all bytes of the inputs."""
        digests = [hashlib.blake2b(digest_size=16) for _ in range(len(self))]
        for x in self.inputs.values():
            for state, row in zip(digests, x, strict=True):
                state.update(row.tobytes())
        return [state.digest() for state in digests]


@dataclass(frozen=True)
class Part(Source):
    """Some of the examples of a `whole`, by their numbers `rows` there."""

    whole: Source
    rows: IntArray

    @property
    def classes(self) -> int | None:  # type: ignore[override]
        """As the whole says."""
        return self.whole.classes

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: IntArray) -> Arrays:
        """See `Source.take`."""
        return self.whole.take(self.rows[rows])

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Arrays]:
        """See `Source.batches`."""
        yield from self.whole.batches(self.rows[of_one] for of_one in rows)

    def kinds(self) -> IntArray | None:
        """See `Source.kinds`."""
        kinds = self.whole.kinds()
        return None if kinds is None else kinds[self.rows]


def part_of(source: Source, rows: IntArray) -> Source:
    """Some examples of a source."""
    return Held(*source.take(rows)) if source.held else Part(source, rows)
