"""The table from PyTorch to ONNX: one small function per operation, found by module class, function or method name.

What a function does not know how to say in ONNX it refuses with `Unsupported`; it never approximates. Each one
chooses the operators that PyTorch's own exporter ends with after its optimiser, so the two graphs are the same.
The files ``_table_*.py`` fill the table; `_operators` is all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from onnx import TensorProto
from torch import Tensor, nn

from hwnas.export._graph import Attribute, Graph


class Unsupported(Exception):  # noqa: N818 - not an error: the answer "ask the stock exporter"
    """The table has no exact words for this."""


@dataclass(frozen=True)
class Value:
    """A tensor of the network.

    Args:
        name: in the graph; empty where it is not written there, which a constant may not be.
        example: its values in one run.
        readers: how many operations read it.
        constant: it is the same whatever the inputs are, but for the size of the batch.
        one_row: for an open batch, the graph has one row of it, and all are like that.
    """

    name: str
    example: Tensor
    readers: int
    constant: bool = False
    one_row: bool = False


class OneRow(str):
    """The name of what has one row in the graph, where the network has equal ones for all examples of an open batch."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """One operation of the network being written.

    Args:
        graph: where to write.
        name: of the operation.
        result: an example of it; of the first, where it gives several.
        batch: how many examples that one has.
        dynamic_batch: other runs may have another number of examples.
    """

    graph: Graph
    name: str
    result: Tensor
    batch: int
    dynamic_batch: bool

    def emit(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Write one operator."""
        return self.graph.emit(self.name, op, inputs, attributes)

    def emit_several(self, count: int, op: str, *inputs: str, **attributes: Attribute) -> tuple[str, ...]:
        """Write one operator that gives so many values."""
        return self.graph.emit_several([self.name] * count, op, inputs, attributes)

    def constant(self, values: object, dtype: object = np.int64) -> str:
        """Write a constant."""
        return self.graph.constant(np.asarray(values, dtype=dtype))  # type: ignore[call-overload]

    def operand(self, x: Value | float | None) -> str:
        """One side of arithmetic: a tensor, or a number written in the network."""
        if isinstance(x, Value):
            if x.example.dtype != torch.float32:  # whole numbers and truths become what they are computed with
                if self.result.dtype != torch.float32:
                    raise Unsupported(f"{self.name}: arithmetic on {x.example.dtype}")
                return self.emit("Cast", x.name, to=int(TensorProto.FLOAT))
            return x.name
        if isinstance(x, int | float):
            return self.constant(x, np.float32)
        raise Unsupported(f"{self.name}: arithmetic on {type(x).__name__}")


Writer = Callable[..., Any]
"""Gives the name of what is written; in tuples, as the operation has them, where it gives several tensors."""
_Own = TypeVar("_Own", bound=Writer)
MODULES: dict[type[nn.Module], Writer] = {}
FUNCTIONS: dict[object, Writer] = {}


ANY_TYPE: set[Writer] = set()  # also take, or give, whole numbers and truths
ONE_ROW: set[Writer] = set()  # give one row for one row, and many where another operand has many
NOT_WRITTEN: set[Writer] = set()  # also take constants that the graph does not have


def _enter(table: dict[Any, Writer], keys: Sequence[object], also: Sequence[set[Writer]]) -> Callable[[_Own], _Own]:
    def enter(writer: _Own) -> _Own:
        table.update(dict.fromkeys(keys, writer))
        for kind in also:
            kind.add(writer)
        return writer

    return enter


def module(*classes: type[nn.Module], also: Sequence[set[Writer]] = ()) -> Callable[[_Own], _Own]:
    """Enter ``writer(call, module, path, *inputs)`` for these classes and those derived from them."""
    return _enter(MODULES, classes, also)


def function(*keys: object, also: Sequence[set[Writer]] = ()) -> Callable[[_Own], _Own]:
    """Enter ``writer(call, ...)``, with the PyTorch function's own parameters, for functions and method names."""
    return _enter(FUNCTIONS, keys, also)


def several(values: object, n: int) -> tuple[int, ...]:
    """PyTorch's "one number or one per dimension"."""
    every = tuple(values) if isinstance(values, Sequence) else (values,) * n
    sizes = tuple(value for value in every if isinstance(value, int))
    if len(sizes) < len(every):
        raise Unsupported(f"sizes {every}")
    return sizes
