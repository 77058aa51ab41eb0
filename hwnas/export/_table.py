"""The table from PyTorch to ONNX: one small function per operation, found by module class, function or method name.

What a function does not know how to say in ONNX it refuses with `Unsupported`; it never approximates. Each one
chooses the operators that PyTorch's own exporter ends with after its optimiser, so the two graphs are the same.
The files ``_table_*.py`` fill the table; `_operators` is all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.export._graph import Attribute, Graph


class Unsupported(Exception):  # noqa: N818 - not an error: the answer "ask the stock exporter"
    """The table has no exact words for this."""


@dataclass(frozen=True)
class Value:
    """A tensor of the network: its name in the graph, an example of it, and how many operations read it."""

    name: str
    example: Tensor
    readers: int


@dataclass(frozen=True)
class Call:
    """One operation of the network being written: where to write, its name, and an example of its result."""

    graph: Graph
    name: str
    result: Tensor
    dynamic_batch: bool

    def emit(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Write one operator."""
        return self.graph.emit(self.name, op, inputs, attributes)

    def constant(self, values: object, dtype: object = np.int64) -> str:
        """Write a constant."""
        return self.graph.constant(np.asarray(values, dtype=dtype))  # type: ignore[call-overload]

    def operand(self, x: Value | float | None) -> str:
        """One side of arithmetic: a tensor, or a number written in the network."""
        if isinstance(x, Value):
            if x.example.dtype != torch.float32:
                raise Unsupported(f"{self.name}: arithmetic on {x.example.dtype}")
            return x.name
        if isinstance(x, int | float):
            return self.constant(x, np.float32)
        raise Unsupported(f"{self.name}: arithmetic on {type(x).__name__}")


Writer = Callable[..., str]
MODULES: dict[type[nn.Module], Writer] = {}
FUNCTIONS: dict[object, Writer] = {}


def _enter(table: dict[Any, Writer], keys: Sequence[object]) -> Callable[[Writer], Writer]:
    def enter(writer: Writer) -> Writer:
        table.update(dict.fromkeys(keys, writer))
        return writer

    return enter


def module(*classes: type[nn.Module]) -> Callable[[Writer], Writer]:
    """Enter ``writer(call, module, path, *inputs)`` for these classes and those derived from them."""
    return _enter(MODULES, classes)


def function(*keys: object) -> Callable[[Writer], Writer]:
    """Enter ``writer(call, ...)``, with the PyTorch function's own parameters, for functions and method names."""
    return _enter(FUNCTIONS, keys)


def several(values: object, n: int) -> tuple[int, ...]:
    """PyTorch's "one number or one per dimension"."""
    every = tuple(values) if isinstance(values, Sequence) else (values,) * n
    sizes = tuple(value for value in every if isinstance(value, int))
    if len(sizes) < len(every):
        raise Unsupported(f"sizes {every}")
    return sizes
