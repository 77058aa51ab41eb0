"""The structure of a trained network: what every axis of its tensors is, read off its exported graph.

`torch.export` gives the operations of one run with the line of code each comes from; they are run again without values,
each telling what it does to axes (see `hwnas.sharing._tracing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._ops import HigherOrderOperator
from torch.export.graph_signature import InputKind, TensorArgument
from torch.utils._pytree import tree_leaves, tree_map

from hwnas.contracts.errors import InputError
from hwnas.contracts.quiet import quiet
from hwnas.sharing._axes import Axis, fresh, place, unify
from hwnas.sharing._tracing import Traced, Work, of_examples, open_parts, within, work

_TORCH = Path(torch.__file__).parent


@dataclass
class Reading:
    """What was read of a network.

    Args:
        axes: of every parameter and buffer, by its name.
        work: of every operation what it does: multiply-adds, bytes that it reads and writes, and that it is one.
        batch: the axis of examples.
        vocabulary: for the places of integer inputs that are looked up in a table, how many rows it has.
    """

    axes: dict[str, list[Axis]]
    work: list[Work] = field(default_factory=list)
    batch: Axis = field(default_factory=lambda: Axis(1))
    vocabulary: dict[int, int] = field(default_factory=dict)


def read(network: nn.Module, inputs: tuple[Tensor, ...]) -> Reading:
    """The axes of all tensors of a network in evaluation mode; what is not understood is fixed, and says why.

    Raises:
        InputError: it cannot be exported; the message says why.
    """
    program = exported(network, inputs)
    tensors: dict[str, Tensor] = dict([*network.named_parameters(), *network.named_buffers()])
    reading = Reading({name: fresh(t.shape) for name, t in tensors.items()})
    axes = {id(t): reading.axes[name] for name, t in tensors.items()}
    given: list[Any] = []
    numbers: dict[int, int] = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind is not InputKind.USER_INPUT:
            own = program.constants.get(str(spec.target))
            own = _own(network, str(spec.target)) if own is None else own
            given.append(Traced(own.detach().to("meta"), axes.get(id(own)) or fresh(own.shape)))
        elif isinstance(spec.arg, TensorArgument):
            x = inputs[len(numbers)]
            given.append(_fixed(Traced(x.to("meta"), fresh(x.shape)), "it is an input of the network"))
            reading.batch = unify(reading.batch, given[-1].axes[0]) if numbers else given[-1].axes[0]
            numbers[id(given[-1])] = len(numbers)
        else:
            given.append(spec.arg.value)  # a constant argument
    follower = _Follower(numbers, reading.vocabulary)
    token, examples_token = work.set(reading.work), of_examples.set(reading.batch)
    try:
        with open_parts(), torch.no_grad():
            out = follower.follow(program.graph_module, given)
    finally:
        work.reset(token)
        of_examples.reset(examples_token)
    for x in tree_leaves(out):
        if isinstance(x, Traced):
            _fixed(x, "it is an output of the network")
    for x in follower.seen:
        for axis in x.axes:
            _pass_on(axis)
    return reading


def exported(network: nn.Module, inputs: tuple[Tensor, ...]) -> torch.export.ExportedProgram:
    """The graph of one run.

    Raises:
        InputError: there is none; the message says why.
    """
    try:
        with quiet(), torch.no_grad():
            return torch.export.export(network, inputs, strict=False)
    except Exception as error:
        reason = " ".join(str(error).split("\n\n")[0].split())[:300].rstrip(".")
        raise InputError(
            f"The network {type(network).__name__} cannot be exported, so its structure cannot be read "
            f"({type(error).__name__}: {reason}); pass the part of it that runs without looking at values, such as "
            f"elastic(model.backbone, ...)."
        ) from error


class _Follower:
    """Runs the operations of graphs on tensors without values, and remembers all of these."""

    def __init__(self, numbers: Mapping[int, int], vocabulary: dict[int, int]) -> None:
        self.numbers, self.vocabulary = numbers, vocabulary
        self.seen: list[Traced] = []

    def follow(self, module: fx.GraphModule, given: Sequence[Any]) -> Any:  # noqa: ANN401
        """What a graph gives."""
        values: dict[fx.Node, Any] = {}
        rest = iter(given)

        def value(x: Any) -> Any:  # noqa: ANN401
            return values[x] if isinstance(x, fx.Node) else x

        for node in module.graph.nodes:
            if node.op == "placeholder":
                values[node] = next(rest)
            elif node.op == "get_attr":
                values[node] = attrgetter(str(node.target))(module)
            elif node.op == "output":
                return tree_map(value, node.args[0])
            else:
                where, module_token = place.set(line_of(node) or place.get()), within.set(module_of(node))
                try:
                    values[node] = self._run(node, *tree_map(value, (node.args, node.kwargs)))
                finally:
                    place.reset(where)
                    within.reset(module_token)
            self.seen += [x for x in tree_leaves(values[node]) if isinstance(x, Traced)]
        return None

    def _run(self, node: fx.Node, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if isinstance(node.target, HigherOrderOperator):  # such as a part without gradients
            if "autocast" in str(node.target) and args[2]:  # whether it is on
                raise InputError(
                    "The network computes a part of itself by autocast, and its other precision would be part of it; "
                    "leave that to the caller, such as Recipe(precision=...)."
                )
            graphs = [i for i, a in enumerate(args) if isinstance(a, fx.GraphModule)]
            if len(graphs) == 1:
                return self.follow(args[graphs[0]], args[graphs[0] + 1 :])
            raise InputError(f"Operation {node.target}{place.get()} is not understood; leave it out of the network.")
        if "embedding" in str(node.target) and id(args[1]) in self.numbers:
            self.vocabulary.setdefault(self.numbers[id(args[1])], args[0].shape[0])
        result = tree_map(_followed, node.target(*args, **kwargs))  # type: ignore[operator]
        _moved(node, (args, kwargs, result))
        return result


def _moved(node: fx.Node, values: object) -> None:
    """Note what an operation reads and writes, unless it gives a view, which moves nothing."""
    schema, all_work = getattr(node.target, "_schema", None), work.get()
    if all_work is None or schema is None or any(r.alias_info and not r.alias_info.is_write for r in schema.returns):
        return
    module = within.get()
    all_work.append((module, "operations", [], 1))
    tensors = [x for x in tree_leaves(values) if isinstance(x, Traced)]
    all_work.extend((module, "bytes", x.axes, x.element_size()) for x in tensors)


def line_of(node: fx.Node) -> str:
    """Where in the user's own code an operation stands, as the end of a sentence."""
    trace = str(node.meta.get("stack_trace") or "").splitlines()
    place = ""
    for at, code in pairwise([*trace, ""]):
        head = at.strip()
        if head.startswith('File "') and not Path(head.split('"')[1]).is_relative_to(_TORCH):
            file, line = head.split('"')[1], head.split("line ")[1].split(",")[0]
            place = f" ({_short(file)}, line {line}: {code.strip()[:80]})"
    return place


def _short(file: str) -> str:
    """A file as it may stand in what is handed on: from here, from where packages are installed, or its name alone."""
    for start in (Path.cwd(), _TORCH.parent):
        if Path(file).is_relative_to(start):
            return Path(file).relative_to(start).as_posix()
    return Path(file).name


def _followed(x: Any) -> Any:  # noqa: ANN401
    """A new tensor, such as zeros, is followed too; numbers of places, and masks, may be needed with their values."""
    plain = isinstance(x, Tensor) and not isinstance(x, Traced) and x.is_floating_point()
    return Traced(x.to("meta"), fresh(x.shape)) if plain else x


def module_of(node: fx.Node) -> str:
    """The innermost module that an operation is of; empty: not known, or the network itself."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return str(stack[-1][0]).removeprefix("L['self']").removeprefix(".") if stack else within.get()


def _own(network: nn.Module, name: str) -> Tensor:
    """A tensor of the network, by any of its names."""
    tensor: Tensor = attrgetter(name)(network)
    return tensor


def _fixed(x: Traced, why: str) -> Traced:
    for axis in x.axes:
        axis.doubt(why)
    return x


def _pass_on(axis: Axis) -> None:
    """What is not sure of an axis is not sure of its parts."""
    root = axis.root()
    for part in root.parts:
        part.root().unclear = part.root().unclear or root.unclear
        part.root().statistic = part.root().statistic or root.statistic
        part.root().looked_up = part.root().looked_up or root.looked_up
        _pass_on(part)
