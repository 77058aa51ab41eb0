"""What networks are for: data, how it is prepared, what is good."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hwnas.contracts.search_space import InputSpec

if TYPE_CHECKING:
    from torch import Tensor

Split = Literal["train", "search", "report"]


@dataclass(frozen=True)
class Preprocessing:
    """How raw values become network input: ``(raw * scale - mean) / std``, as float32."""

    scale: float
    mean: float
    std: float


@dataclass(frozen=True)
class Examples:
    """Inputs and labels of one split, ready for a network: one array per network input, then ``(n,)`` int64."""

    inputs: tuple[np.ndarray, ...]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: slice | np.ndarray) -> Examples:
        """Some of the rows."""
        return Examples(tuple(x[rows] for x in self.inputs), self.labels[rows])


class Task(ABC):
    """Data in three parts that never mix: `train` to learn, `search` to choose, `report` to state the result."""

    name: str
    classes: int
    inputs: tuple[InputSpec, ...]
    preprocessing: Preprocessing | None
    provenance: Mapping[str, str]

    @abstractmethod
    def examples(self, split: Split) -> Examples:
        """All examples of a split, always in the same order.

        Raises:
            InputError: the data is missing or not of the expected shape.
        """

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:  # noqa: ARG002
        """Training inputs, randomly changed in ways that keep their labels; unchanged by default."""
        return inputs
