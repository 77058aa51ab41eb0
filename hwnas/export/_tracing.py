"""A plain network as a graph, by walking it once with example inputs.

The operations of a run are listed (see `_recording`); each one is run on the examples again, by what the *table* says
it means, and written at the same time. If the outcome differs from the network's own by more than rounding, the list
does not tell the whole truth (in-place changes seen elsewhere, say) and is refused; so are layers with a mind of their
own (see `_taken_for`). What no input has a part in is worked out at once and written as an array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from hwnas.export._graph import Graph
from hwnas.export._operators import ANY_TYPE, FUNCTIONS, MODULES, NOT_WRITTEN, ONE_ROW
from hwnas.export._recording import leaves, nested, recorded
from hwnas.export._rounding import rounding_of
from hwnas.export._table import Call, OneRow, Unsupported, Value, Writer
from hwnas.export._taken_for import base_in_table, has_hooks, hooks_everywhere

_WRITTEN = (torch.float32, torch.int64, torch.bool)  # kinds of numbers that the table has words for


@dataclass(frozen=True)
class Measured:
    """A number that depends on the size of the batch, such as ``x.size(0)``: no number a graph may hold."""

    value: int


@dataclass(frozen=True)
class Traced:
    """Args:

    graph: as it is written.
    result: what it gives.
    operations: of the network, in their order.
    written: the value that each of them is written as, where it is one.
    """

    graph: Graph
    result: str
    operations: fx.Graph
    written: Mapping[fx.Node, str]


def traced(
    module: nn.Module, examples: Sequence[Tensor], names: Sequence[str], truth: Tensor, *, dynamic_batch: bool
) -> Traced:
    """The graph of `module`, whose inputs are called `names`, and its operations.

    Args:
        module: in evaluation mode.
        examples: inputs, one per name.
        names: one per input.
        truth: what the network gives for the examples.
        dynamic_batch: leave the first dimension open.

    Raises:
        Unsupported: something is not in the table, or the walk does not compute what the network computes.
    """
    _refuse_early(module)
    operations = recorded(module, examples, open_batch=dynamic_batch)
    with torch.no_grad():
        inputs = [Value(n, x, 1) for n, x in zip(names, examples, strict=True)]
        walk = _Walk(module, Graph(names), inputs, dynamic_batch=dynamic_batch)
        outcome = walk.run(operations)
    if not _equal(outcome.example, truth, module, examples):
        raise Unsupported("the listed operations do not compute what the network computes")
    written = {node: value.name for node, value in walk.values.items() if isinstance(value, Value)}
    return Traced(walk.graph, outcome.name, operations, written)


def _equal(outcome: Tensor, truth: Tensor, module: nn.Module, examples: Sequence[Tensor]) -> bool:
    """Up to what a library may choose anew in each run, such as the order of a sum: by the scale of each output."""
    if outcome.shape != truth.shape or torch.equal(outcome, truth):
        return outcome.shape == truth.shape
    rounding = rounding_of(module, examples)
    got = outcome.detach().double().numpy()
    with np.errstate(invalid="ignore"):
        return bool(((got == rounding.exact) | (np.abs(got - rounding.exact) <= rounding.limit)).all())


def _refuse_early(module: nn.Module) -> None:
    """Refuse hooks, and a PyTorch layer outside the table, before any of the network's code runs."""
    if hooks_everywhere():
        raise Unsupported("hooks on every layer")
    for path, layer in module.named_modules():
        if has_hooks(layer):
            raise Unsupported(f"{path}: hooks")
        if _is_stock_layer(layer) and base_in_table(layer) is None:
            raise Unsupported(f"{path}: {type(layer).__name__} is not in the table")


def _is_stock_layer(layer: nn.Module) -> bool:
    """One of PyTorch's own that computes, rather than holds others."""
    computes = type(layer).forward is not nn.Module.forward and not any(layer.children())
    return computes and type(layer).__module__.startswith("torch.nn.") and not isinstance(layer, nn.Sequential)


class _Walk:
    """Runs each operation on copies, so that no in-place change is ever seen elsewhere, and writes it."""

    def __init__(self, module: nn.Module, graph: Graph, inputs: Sequence[Value], *, dynamic_batch: bool) -> None:
        self.module, self.graph, self.inputs = module, graph, inputs
        self.batch, self.dynamic_batch = len(inputs[0].example), dynamic_batch
        self.values: dict[fx.Node, Any] = {}  # a `Value`, a `Measured`, or tuples of values

    def run(self, operations: fx.Graph) -> Value:
        """What the network returns, all of it written."""
        *body, output = operations.nodes
        waiting = iter(self.inputs)
        for node in body:
            self.values[node] = next(waiting) if node.op == "placeholder" else self._step(node)
        result = self._resolve(output.args[0])
        if not isinstance(result, Value) or self.graph.maker(result.name) is None:
            raise Unsupported("the network does not return one computed tensor")
        whole: Value = self._whole(result)
        return whole

    def _resolve(self, arguments: object) -> Any:  # noqa: ANN401 - arguments are any nesting of anything
        return self.values[arguments] if isinstance(arguments, fx.Node) else nested(arguments, self._resolve)

    def _step(self, node: fx.Node) -> Any:  # noqa: ANN401 - see `values`
        if node.op == "get_attr":
            return self._attribute(node)
        arguments = self._resolve(node.args)
        if node.target is operator.getitem and isinstance(arguments[0], tuple):
            part = arguments[0][arguments[1]]
            return replace(part, readers=len(node.users)) if isinstance(part, Value) else part
        named = {key: value for key, value in self._resolve(node.kwargs).items() if key != "inplace"}
        run, write, whose = self._run_and_write(node)
        outcome = run(*_example(arguments), **_example(named))
        if isinstance(outcome, int):
            return Measured(outcome)
        results = [x for x in leaves(outcome) if isinstance(x, Tensor)]
        if not results or any(x is not None and not isinstance(x, Tensor) for x in leaves(outcome)):
            raise Unsupported(f"{node.name}: a result of several kinds")
        operands = [x for x in leaves((arguments, named)) if isinstance(x, Value | Measured)]
        learnt = any(isinstance(x, nn.Module) and any(True for _ in x.parameters()) for x in whose)
        if not learnt and all(isinstance(x, Measured) or x.constant for x in operands):
            by_batch = any(isinstance(x, Measured) or x.one_row or not x.name for x in operands)
            constant = partial(self._constant, by_batch=by_batch and self.dynamic_batch)
            return _each(lambda x: constant(x, len(node.users)), outcome)
        tensors = [x for x in operands if isinstance(x, Value)]
        _refuse_operands(node.name, write, tensors, results)
        if not _aligned(write, tensors, results[0]):
            arguments, named = self._whole(arguments), self._whole(named)
            tensors = []
        try:
            call = Call(self.graph, node.name, results[0], self.batch, self.dynamic_batch)
            names = write(call, *whose, *arguments, **named)
        except TypeError as error:
            raise Unsupported(f"{node.name}: {error}") from error

        def value(result: Tensor, name: str) -> Value:
            one_row = isinstance(name, OneRow) or _of_one_row(tensors, result)
            return Value(str(name), result, len(node.users), one_row=one_row)

        return _each(value, outcome, names)

    def _attribute(self, node: fx.Node) -> Value:
        """A tensor of the network; what it does not learn is constant."""
        tensor = operator.attrgetter(str(node.target))(self.module)
        name = str(node.target) if "." in str(node.target) else f"self.{node.target}"  # operations have no dots
        name = self.graph.array(name, tensor.detach().numpy()) if tensor.dtype in _WRITTEN else ""
        return Value(name, tensor, len(node.users), constant=not isinstance(tensor, nn.Parameter))

    def _constant(self, outcome: Tensor, readers: int, *, by_batch: bool) -> Value:
        """What was worked out; where it depends on the size of the batch, one row can stand for equal ones."""
        first = outcome[:1] if by_batch and outcome.ndim else outcome
        repeats = outcome.ndim > 0 and len(outcome) == self.batch and bool((outcome == first).all())
        if outcome.dtype not in _WRITTEN or (by_batch and not repeats):
            return Value("", outcome, readers, constant=True)
        name = self.graph.constant(first.detach().contiguous().numpy())
        return Value(name, outcome, readers, constant=True, one_row=by_batch)

    def _whole(self, x: Any) -> Any:  # noqa: ANN401 - any nesting of anything
        """With as many rows as the batch has, where the graph has one of them."""
        if not isinstance(x, Value):
            return nested(x, self._whole)
        if not x.one_row:
            return x
        rows = self.graph.emit("batch", "Shape", [self.inputs[0].name], {"start": 0, "end": 1})
        sizes = [rows, self.graph.constant(np.array(x.example.shape[1:], np.int64))][: x.example.ndim]
        shape = self.graph.emit("shape", "Concat", sizes, {"axis": 0}) if len(sizes) > 1 else rows
        return replace(x, name=self.graph.emit(f"{x.name}_rows", "Expand", [x.name, shape], {}), one_row=False)

    def _run_and_write(self, node: fx.Node) -> tuple[Callable[..., object], Writer, tuple[object, ...]]:
        """What the table says an operation means, how it is written, and of which layer it is."""
        if node.op == "call_module":
            layer = self.module.get_submodule(str(node.target))
            base = base_in_table(layer)
            if base is None:
                raise Unsupported(f"{node.target}: {type(layer).__name__} is not in the table")
            return partial(base.forward, layer), MODULES[base], (layer, node.target)
        run = _method(node.target) if isinstance(node.target, str) else node.target
        return run, FUNCTIONS.get(node.target, _refuse), ()


def _each(change: Callable[..., object], result: object, *beside: Any) -> Any:  # noqa: ANN401 - tuples as in `result`
    """`change` applied to each tensor of what an operation gave, and to what stands in its place in the others."""
    if isinstance(result, tuple | list):
        return tuple(_each(change, *parts) for parts in zip(result, *beside, strict=True))
    return None if result is None else change(result, *beside)


def _refuse_operands(name: str, write: Writer, operands: Sequence[Value], results: Sequence[Tensor]) -> None:
    """Kinds of numbers that a writer does not know, and constants that the graph does not have."""
    if write not in NOT_WRITTEN and not all(x.name for x in operands):
        raise Unsupported(f"{name}: of numbers that depend on the size of the batch, or in float64")
    kinds = {x.example.dtype for x in operands} | {x.dtype for x in results}
    if odd := sorted(map(str, kinds - set(_WRITTEN if write in ANY_TYPE else _WRITTEN[:1]))):
        raise Unsupported(f"{name}: {odd[0]}")


def _aligned(write: Writer, operands: Sequence[Value], outcome: Tensor) -> bool:
    """Whether one row may stand for all rows of the operands that have it: it then meets the rows of the others."""
    return all(write in ONE_ROW and x.example.ndim == outcome.ndim for x in operands if x.one_row)


def _of_one_row(operands: Sequence[Value], outcome: Tensor) -> bool:
    """Whether what is made of operands, all of them `_aligned`, has one row for all as well."""
    others = (x.example for x in operands if not x.one_row)
    return any(x.one_row for x in operands) and all(x.ndim < outcome.ndim or len(x) == 1 for x in others)


def _example(x: Any) -> Any:  # noqa: ANN401 - any nesting of anything
    if isinstance(x, Value):
        return x.example.clone()
    return x.value if isinstance(x, Measured) else nested(x, _example)


def _refuse(call: Call, *_arguments: object, **_named: object) -> str:
    raise Unsupported(f"{call.name} is not in the table")


def _method(name: str) -> Callable[..., object]:
    return lambda x, *arguments, **named: getattr(x, name)(*arguments, **named)
