"""A plain network as a graph, by walking it once with example inputs.

`torch.fx` lists the operations; each one is run on the examples, by what the *table* says it means, and written
at the same time. If the outcome differs from the network's own by more than rounding, the list does not tell the whole
truth (in-place changes seen elsewhere, say) and is refused; so are layers with a mind of their own (see `_taken_for`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from hwnas.export._graph import Graph
from hwnas.export._operators import FUNCTIONS, MODULES, Call, Unsupported, Value
from hwnas.export._rounding import rounding_of
from hwnas.export._taken_for import base_in_table, has_hooks, hooks_everywhere


@dataclass(frozen=True)
class Measured:
    """What is not a tensor but was computed from one, such as ``x.size(0)``: no number a graph may hold."""

    value: object


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


@contextmanager
def traced(
    module: nn.Module, examples: Sequence[Tensor], names: Sequence[str], truth: Tensor, *, dynamic_batch: bool
) -> Iterator[Traced]:
    """The graph of `module`, whose inputs are called `names`, and its operations; within it, constants that these read
    hang on the module.

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
    with _listed(module) as operations:
        with torch.no_grad():
            walk = _Walk(module, Graph(names), dynamic_batch=dynamic_batch)
            outcome = walk.run(operations, [Value(n, x, 1) for n, x in zip(names, examples, strict=True)])
        if not _equal(outcome.example, truth, module, examples):
            raise Unsupported("the listed operations do not compute what the network computes")
        written = {node: value.name for node, value in walk.values.items() if isinstance(value, Value)}
        yield Traced(walk.graph, outcome.name, operations, written)


def _equal(outcome: Tensor, truth: Tensor, module: nn.Module, examples: Sequence[Tensor]) -> bool:
    """Up to what a library may choose anew in each run, such as the order of a sum: by the scale of each output."""
    if outcome.shape != truth.shape or torch.equal(outcome, truth):
        return outcome.shape == truth.shape
    rounding = rounding_of(module, examples)
    got = outcome.detach().double().numpy()
    with np.errstate(invalid="ignore"):
        return bool(((got == rounding.exact) | (np.abs(got - rounding.exact) <= rounding.limit)).all())


def _refuse_early(module: nn.Module) -> None:
    """Refuse hooks, and a PyTorch layer outside the table, before any of the network's code runs on proxies."""
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


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return base_in_table(m) is not None or super().is_leaf_module(m, module_qualified_name)


@contextmanager
def _listed(module: nn.Module) -> Iterator[fx.Graph]:
    """The operations of `module`; constants that the tracer hangs on it are taken off again."""
    before = set(vars(module))
    try:
        yield _operations(module)
    finally:
        for name in set(vars(module)) - before:
            delattr(module, name)


def _operations(module: nn.Module) -> fx.Graph:
    try:
        return _Tracer().trace(module)
    except Exception as error:  # any code may stumble over a proxy, in any way at all
        raise Unsupported(f"cannot be listed: {error}") from error


class _Walk:
    """Runs each operation on copies, so that no in-place change is ever seen elsewhere, and writes it."""

    def __init__(self, module: nn.Module, graph: Graph, *, dynamic_batch: bool) -> None:
        self.module = module
        self.graph = graph
        self.dynamic_batch = dynamic_batch
        self.values: dict[fx.Node, Value | Measured] = {}

    def run(self, operations: fx.Graph, inputs: Sequence[Value]) -> Value:
        """What the network returns, all of it written."""
        *body, output = operations.nodes
        waiting = iter(inputs)
        for node in body:
            self.values[node] = self._input(node, waiting) if node.op == "placeholder" else self._step(node)
        result = self._resolve(output.args[0])
        if not isinstance(result, Value) or self.graph.maker(result.name) is None:
            raise Unsupported("the network does not return one computed tensor")
        return result

    @staticmethod
    def _input(node: fx.Node, waiting: Iterator[Value]) -> Value:
        try:
            return next(waiting)
        except StopIteration:
            raise Unsupported(f"optional input {node.name}") from None

    def _resolve(self, arguments: object) -> Any:  # noqa: ANN401 - arguments are any nesting of anything
        return _nested(arguments, lambda x: self.values[x] if isinstance(x, fx.Node) else x)

    def _step(self, node: fx.Node) -> Value | Measured:
        if node.op == "get_attr":
            tensor = operator.attrgetter(str(node.target))(self.module)
            name = str(node.target) if "." in str(node.target) else f"self.{node.target}"  # operations have no dots
            return Value(self.graph.array(name, tensor.detach().numpy()), tensor, len(node.users))
        arguments = self._resolve(node.args)
        named = {key: value for key, value in self._resolve(node.kwargs).items() if key != "inplace"}
        run, write = self._run_and_write(node)
        outcome = run(*_nested(arguments, _example), **_nested(named, _example))
        if not isinstance(outcome, Tensor):
            return Measured(outcome)
        if outcome.dtype != torch.float32:
            raise Unsupported(f"{node.name}: {outcome.dtype}")
        call = Call(self.graph, node.name, outcome, self.dynamic_batch)
        try:
            name = write(call, *arguments, **named)
        except TypeError as error:
            raise Unsupported(f"{node.name}: {error}") from error
        return Value(name, outcome, len(node.users))

    def _run_and_write(self, node: fx.Node) -> tuple[Callable[..., object], Callable[..., str]]:
        """What the table says an operation means, and how it is written."""
        if node.op == "call_module":
            layer = self.module.get_submodule(str(node.target))
            base = base_in_table(layer)
            if base is None:
                raise Unsupported(f"{node.target}: {type(layer).__name__} is not in the table")
            return partial(base.forward, layer), lambda call, *xs: MODULES[base](call, layer, node.target, *xs)
        run = _method(node.target) if isinstance(node.target, str) else node.target
        return run, FUNCTIONS.get(node.target, _refuse)


def _nested(x: object, change: Callable[[object], object]) -> Any:  # noqa: ANN401 - as above
    """`change` applied to everything inside tuples, lists and dictionaries."""
    if isinstance(x, Mapping):
        return {key: _nested(value, change) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return tuple(_nested(value, change) for value in x)
    return change(x)


def _example(x: object) -> object:
    if isinstance(x, Value):
        return x.example.clone()
    return x.value if isinstance(x, Measured) else x


def _refuse(call: Call, *_arguments: object, **_named: object) -> str:
    raise Unsupported(f"{call.name} is not in the table")


def _method(name: str) -> Callable[..., object]:
    return lambda x, *arguments, **named: getattr(x, name)(*arguments, **named)
