"""The operations of a network, listed while it runs on examples.

The network's own Python runs as ever, so whatever it decides by shapes, settings or the kind of its layers is decided;
PyTorch reports every function that it calls (`TorchFunctionMode`), and layers that the table knows are one operation.
A list of one run holds numbers where the code computed with sizes. Where the batch stays open, a second run with
another batch is listed, and numbers that differ are the batch's size times something, or the network is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.overrides import TorchFunctionMode

from hwnas.export._table import Unsupported
from hwnas.export._taken_for import base_in_table

_MORE = 2  # examples of the second run beyond those of the first
_OF_SHAPES = frozenset(
    {"size", "dim", "ndimension", "numel", "nelement", "element_size", "stride", "is_contiguous", "is_floating_point",
     "is_complex", "is_signed", "is_same_size", "get_device", "storage_offset", "__len__", "__hash__"}
)  # fmt: skip
"""What gives no tensor and does not look at the values of one."""


def recorded(module: nn.Module, examples: Sequence[Tensor], *, open_batch: bool) -> fx.Graph:
    """The operations of `module` on `examples`, ``(n, ...)`` each: functions, methods, and layers of the table.

    Args:
        module: in evaluation mode.
        examples: inputs in order.
        open_batch: the list shall hold for any `n`.

    Raises:
        Unsupported: the network looks at values, uses what cannot be followed, or depends on `n` in an unusual way.
    """
    first = _run(module, examples)
    if not open_batch:
        return first
    n = len(examples[0])
    more = [torch.cat([x] * (1 + _MORE))[: n + _MORE] for x in examples]
    return _Joining(first, _run(module, more), (n, n + _MORE)).done()


def _run(module: nn.Module, examples: Sequence[Tensor]) -> fx.Graph:
    recorder = _Recorder(module)
    inputs = [x.clone() for x in examples]
    for i, x in enumerate(inputs):
        recorder.keep(x, recorder.operations.placeholder(f"input_{i}"))
    with torch.no_grad(), _layers_as_one(module, recorder), _as_when_exported():
        try:
            with recorder:
                result = module(*inputs)
        except Exception as error:  # any code may stumble over being listened to, in any way at all
            raise Unsupported(f"cannot be listed: {error}") from error
    if recorder.refusal:
        raise Unsupported(recorder.refusal)
    recorder.operations.output(recorder.nodes_in(result))
    if recorder.refusal:
        raise Unsupported("the network does not return one computed tensor")
    return recorder.operations


class _Recorder(TorchFunctionMode):
    """Notes what is called; tensors are told apart by identity, and all are kept until the end for that."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.operations = fx.Graph()
        self.refusal = ""  # not raised where it arises: the network's own code could catch it
        self.inside = 0  # of layers that are one operation
        self._nodes: dict[int, fx.Node] = {}
        self._varying: set[fx.Node | None] = set()
        self._kept: list[Tensor] = []
        self._own = {id(tensor): name for name, tensor in _tensors_of(module)}

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401  as PyTorch has it
        types: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  as PyTorch has it
        result = func(*args, **(kwargs or {}))
        if not self.inside and not self.refusal:
            self._note(func, args, kwargs or {}, result)
        return result

    def _note(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: object) -> None:  # noqa: ANN401
        kind, target, args = _as_operation(func, args)
        if not _any_tensor(result):
            of_shapes = getattr(func, "__name__", "") in (*_OF_SHAPES, "__get__")
            if not of_shapes and self._any_varying((args, kwargs)):
                self.refusal = f"{target}: not a tensor, and perhaps of the values of one"
        elif kwargs.get("out") is not None:
            self.refusal = f"{target}: into a tensor that is there already"
        else:
            node = self.operations.create_node(kind, target, self.nodes_in(tuple(args)), self.nodes_in(dict(kwargs)))
            self.give(result, node)

    def layer(self, path: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: object) -> None:
        """Note a layer."""
        if not self.inside and not self.refusal:
            node = self.operations.call_module(path, self.nodes_in(tuple(args)), self.nodes_in(dict(kwargs)))
            self.give(result, node)

    def give(self, result: object, node: fx.Node) -> None:
        """The tensors of a result are a node's, or parts of it."""
        if node.op == "call_module" or not self._varying.isdisjoint(node.all_input_nodes):
            self._varying.add(node)
        if isinstance(result, Tensor):
            self.keep(result, node)
        elif isinstance(result, tuple | list):
            for i, x in enumerate(result):
                if x is not None:  # such as the shares of an attention that was not asked for them
                    self.give(x, self.operations.call_function(operator.getitem, (node, i)))
        else:
            self.refusal = f"{node.name}: a result of several kinds"

    def _any_varying(self, x: object) -> bool:
        """Whether a tensor in it may be another one with other inputs or weights."""
        return any(self._node_of(leaf) in self._varying for leaf in leaves(x) if isinstance(leaf, Tensor))

    def keep(self, tensor: Tensor, node: fx.Node) -> None:
        """From now on, this tensor is that node's."""
        if node.op == "placeholder" or isinstance(tensor, nn.Parameter):
            self._varying.add(node)
        self._nodes[id(tensor)] = node
        self._kept.append(tensor)

    def nodes_in(self, x: Any) -> Any:  # noqa: ANN401  any nesting of anything
        """With a node in place of every tensor."""
        if isinstance(x, Tensor):
            return self._node_of(x)
        return nested(x, self.nodes_in)

    def _node_of(self, x: Tensor) -> fx.Node | None:
        if id(x) not in self._nodes:
            if id(x) not in self._own:
                self.refusal = self.refusal or "a tensor of unknown origin"
                return None
            self.keep(x, self.operations.get_attr(self._own[id(x)]))
        return self._nodes[id(x)]


def nested(x: Any, change: Any) -> Any:  # noqa: ANN401
    """`change` applied to what tuples, lists, dictionaries and slices hold; anything else as it is."""
    if isinstance(x, Mapping):
        return {key: change(value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return tuple(change(value) for value in x)
    if isinstance(x, slice):
        return slice(change(x.start), change(x.stop), change(x.step))
    return x


def leaves(x: object) -> Iterator[object]:
    """What tuples, lists, dictionaries and slices hold, in any nesting; anything else is one itself."""
    if isinstance(x, slice):
        x = (x.start, x.stop, x.step)
    if isinstance(x, Mapping | tuple | list):
        for value in x.values() if isinstance(x, Mapping) else x:
            yield from leaves(value)
    else:
        yield x


def _any_tensor(x: object) -> bool:
    return any(isinstance(leaf, Tensor) for leaf in leaves(x))


def _as_operation(func: Any, args: Sequence[Any]) -> tuple[str, Any, Sequence[Any]]:  # noqa: ANN401
    """The kind of a function that was called, what the table knows it by, and its arguments."""
    name = getattr(func, "__name__", str(func))
    if name == "__get__":  # of a property, such as ``x.T``
        return "call_function", getattr, (args[0], func.__self__.__name__)
    sign = f"__{name.strip('_')}__"
    if sign in _TURNED:  # such as ``1 - a``
        return "call_function", _TURNED[sign], args[::-1]
    if getattr(Tensor, sign, None) == func and hasattr(operator, sign):  # such as ``a & b``
        return "call_function", getattr(operator, sign), args
    if getattr(Tensor, name, None) == func:
        return "call_method", name, args
    return "call_function", func, args


_TURNED = {
    "__rsub__": operator.sub, "__rdiv__": operator.truediv, "__rpow__": operator.pow, "__rmatmul__": operator.matmul
}  # fmt: skip


def _tensors_of(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """All tensors of a network by name, each one's first name last: what its layers have as attributes, too."""
    for path, layer in reversed([*module.named_modules()]):
        tensors = {**vars(layer), **layer._buffers, **layer._parameters}
        for name, x in tensors.items():
            if isinstance(x, Tensor):
                yield f"{path}.{name}".removeprefix("."), x


@contextmanager
def _layers_as_one(module: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Within it, calls of layers that the table knows are reported whole."""

    def enter(_layer: nn.Module, _args: object) -> None:
        recorder.inside += 1

    def leave_as(path: str) -> Any:  # noqa: ANN401
        def leave(_layer: nn.Module, args: Any, kwargs: Any, result: object) -> None:  # noqa: ANN401
            recorder.inside -= 1
            recorder.layer(path, args, kwargs, result)

        return leave

    hooks = []
    try:
        for path, layer in module.named_modules():
            if base_in_table(layer) is not None:
                hooks.append(layer.register_forward_pre_hook(enter))
                hooks.append(layer.register_forward_hook(leave_as(path), with_kwargs=True))
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _as_when_exported() -> Iterator[None]:
    """Within it, code that asks is told that it is being exported: it then does without looking at values."""
    flags = ("_is_compiling_flag", "_is_exporting_flag")
    before = {flag: getattr(torch.compiler, flag, False) for flag in flags}
    try:
        for flag in flags:
            setattr(torch.compiler, flag, True)
        yield
    finally:
        for flag, value in before.items():
            setattr(torch.compiler, flag, value)


class _Joining:
    """One list of two runs: the first one's, with the batch's size in place of numbers that depend on it."""

    def __init__(self, first: fx.Graph, second: fx.Graph, batches: tuple[int, int]) -> None:
        self.first, self.second, self.batches = first, second, batches
        self.same = dict(zip(second.nodes, first.nodes, strict=False))
        self.sizes: dict[int, fx.Node] = {}

    def done(self) -> fx.Graph:
        """Raises Unsupported where the runs differ otherwise."""
        if len(self.first.nodes) != len(self.second.nodes):
            raise Unsupported("the operations depend on the size of the batch")
        for other, node in list(self.same.items()):
            if (node.op, node.target) != (other.op, other.target):
                raise Unsupported("the operations depend on the size of the batch")
            node.args, node.kwargs = self._joined(node.args, other.args), self._joined(node.kwargs, other.kwargs)
        self.first.lint()
        return self.first

    def _joined(self, a: Any, b: Any) -> Any:  # noqa: ANN401  any nesting of anything
        if isinstance(a, fx.Node) and self.same.get(b) is a:
            return a
        if type(a) is int and type(b) is int and a != b:
            times, rest = divmod(a, self.batches[0])
            if rest == 0 and times * self.batches[1] == b:
                return self._size(times)
        if isinstance(a, slice) and isinstance(b, slice):
            return slice(*(self._joined(getattr(a, x), getattr(b, x)) for x in ("start", "stop", "step")))
        if isinstance(a, Mapping) and isinstance(b, Mapping) and a.keys() == b.keys():
            return {key: self._joined(a[key], b[key]) for key in a}
        if isinstance(a, tuple | list) and isinstance(b, tuple | list) and len(a) == len(b):
            return tuple(self._joined(x, y) for x, y in zip(a, b, strict=True))
        if type(a) is type(b) and a == b:
            return a
        raise Unsupported("numbers depend on the size of the batch in an unusual way")

    def _size(self, times: int) -> fx.Node:
        """The batch's size, so many times."""
        if times not in self.sizes:
            source = next(iter(self.first.nodes))
            with self.first.inserting_after(self.sizes[1] if times != 1 and self._size(1) else source):
                self.sizes[times] = (
                    self.first.call_method("size", (source, 0))
                    if times == 1
                    else self.first.call_function(operator.mul, (self.sizes[1], times))
                )
        return self.sizes[times]
