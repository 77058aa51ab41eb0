"""The space of an ordinary network whose structure was read and proved: what `hwnas.elastic` makes.

Its parameters are JSON: where the network comes from and what its axes are made of; so the space can be made again
wherever the network can. Every architecture's network is a copy of it, of its own class, with smaller parameters and
with the attributes of its layers set to their sizes.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hwnas.contracts.answer import answer_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.axes import AxisTree, Sizes, each_of, is_several, named, size_of, tree_of
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.objects import object_at, stored_object_at
from hwnas.contracts.raised import outcome
from hwnas.contracts.search_space import Calibration, Dtype, InputSpec, SearchSpace
from hwnas.contracts.words import one_of
from hwnas.spaces._elastic_figures import Figures, Term, costs_of, in_all, parameter_terms

ELASTIC = "elastic"
T = TypeVar("T")
Attribute = tuple[str, str, AxisTree | Sizes]
"""Module, name in it, and what it is: a size, or several."""

Removal = tuple[str, str]
"""A module, and how it is left out: ``delete`` from its list, or ``identity`` in its place."""


class Shape:
    """What of a network follows choices.

    Args:
        axes: of its tensors, by name; None: fixed.
        attributes: sizes that its modules keep.
        most: of every choice the whole size.
    """

    def __init__(
        self, axes: Mapping[str, Sequence[AxisTree | None]], attributes: Sequence[Attribute], most: Mapping[str, int]
    ) -> None:
        self.axes, self.attributes, self.most = axes, attributes, most


def shrunk(network: nn.Module, shape: Shape, sizes: Mapping[str, int], removals: Sequence[Removal] = ()) -> nn.Module:
    """A copy of `network` with tensors of these `sizes`, holding the first entries of each axis, without `removals`."""
    sizes = {**shape.most, **sizes}
    smaller: dict[int, Tensor] = {}
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        part = tensor.detach()
        for dim, tree in enumerate(shape.axes.get(name, ())):
            if tree is not None:
                part = part.narrow(dim, 0, size_of(tree, sizes))
        smaller[id(tensor)] = nn.Parameter(part, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else part
    smaller_network = copy.deepcopy(network, dict(smaller))
    for path, way in removals:
        above, _, key = path.rpartition(".")
        parent = smaller_network.get_submodule(above)
        if way == "delete":
            del parent._modules[key]
        else:
            parent._modules[key] = nn.Identity().eval()
    _own_values(smaller_network)
    gone = [path for path, _ in removals]
    for path, attribute, trees in shape.attributes:
        if any(path == g or path.startswith(f"{g}.") for g in gone):
            continue
        module = smaller_network.get_submodule(path)
        values = tuple(size_of(tree, sizes) for tree in each_of(trees))
        setattr(module, attribute, values if is_several(trees) else values[0])
    return smaller_network


def _own_values(network: nn.Module) -> None:
    """Give every tensor memory of its own; registered anew, so that who wants no values can say so."""
    taken: dict[int, tuple[Tensor, Tensor]] = {}
    for module in network.modules():
        for name, old in (*module._parameters.items(), *module._buffers.items()):
            if old is None:
                continue
            if id(old) not in taken:
                setattr(module, name, old)  # a hook may take the values away
                new = cast("Tensor", getattr(module, name))
                if new is old:
                    place = "meta" if old.is_meta else None  # else where the caller wants new tensors
                    values = torch.empty_strided(old.shape, _strides(old), dtype=old.dtype, device=place)
                    with torch.no_grad():
                        values.copy_(old)
                    new = nn.Parameter(values, old.requires_grad) if isinstance(old, nn.Parameter) else values
                taken[id(old)] = (old, new)
            setattr(module, name, taken[id(old)][1])


def _strides(tensor: Tensor) -> tuple[int, ...]:
    """Those of a dense tensor in the same order of dimensions."""
    return torch.empty_like(tensor, device="meta", memory_format=torch.preserve_format).stride()


def elastic_space(
    network: nn.Module | None = None, *, model: str = "", structure: Mapping[str, object] | None = None, **other: object
) -> SearchSpace:
    """The space.

    Args:
        network: the user's own; None: the one at `model`.
        model: ``FILE.py:NAME``; empty: the network was given in Python.
        structure: of it, as `hwnas.elastic` found it, JSON only.
        other: refused.

    Raises:
        InputError: there is no network, or it does not fit the structure.
    """
    if other:
        raise InputError(f"Space 'elastic' has no setting {quoted(next(iter(other)))}; it has model, structure.")
    if network is None:
        network = network_at(model, stored=True)
    structure = structure or {}
    axes, attributes, choices, inputs, work, blocks, tied = _parsed(structure)
    most = _sizes({c.name: int(c.options[-1]) for c in choices}, tied)
    _check(network, axes, most)
    shape = Shape(axes, attributes, most)

    terms = [*work, *parameter_terms(network, axes, {choice: path for choice, (path, _) in blocks.items()})]
    sizes_of = partial(_sizes, tied=tied)
    features = Figures(choices, sizes_of, terms) if "work" in structure else None  # earlier versions knew totals only

    def build(architecture: Architecture) -> nn.Module:
        removals = [removal for name, removal in blocks.items() if not architecture[name]]
        return shrunk(network, shape, _sizes({c: int(option) for c, option in architecture.items()}, tied), removals)

    return SearchSpace(
        choices,
        name=ELASTIC,
        parameters={"model": model, "structure": structure},
        build=build,
        inputs=inputs,
        costs=costs_of(Figures(choices, sizes_of, in_all(terms, "macs", "params"))),
        features=features,
        feature_names=features.names if features else (),
        axes=axes,
        tied=tied,
        lower=_answering if structure.get("named_answer") else None,
        story=lambda space: story(space, structure),
    )


def _sizes(chosen: Mapping[str, T], tied: Mapping[str, str]) -> dict[str, T]:
    """How many entries there are of every choice, and of what is tied to one that has an effect."""
    return {**chosen, **{group: chosen[choice] for group, choice in tied.items() if choice in chosen}}


class _Answering(nn.Module):
    """What is written to a file of a network whose answer has a name: that alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        """The answer."""
        return answer_of(self.network(*inputs))


def _answering(architecture: Architecture, network: nn.Module, calibration: Calibration) -> nn.Module:  # noqa: ARG001
    return _Answering(network).train(network.training)


def story(space: SearchSpace, structure: Mapping[str, object]) -> str:
    """What was found, what it comes to, and what was left for which reasons, briefly."""
    ends = {name: getattr(space, name) for name in ("smallest", "middle", "largest")}
    costs = space.costs(space.encode_many(ends.values())) if space.costs else {}
    lines = [f"{len(space.choices)} choices, {space.count():.3g} architectures"]
    for i, name in enumerate(ends):
        lines.append(f"{name}: {costs['params'][i]:,.0f} parameters, {costs['macs'][i] / 1e6:,.3g} M multiply-adds")
    lines += [f"{c.name}: {', '.join(map(str, c.options))}" for c in space.choices]
    left = cast("dict[str, tuple[int, str]]", structure["left"])
    for why, count in Counter(why for _, why in left.values()).most_common():
        names = [name for name, (_, of) in left.items() if of == why]
        lines.append(f"left: {', '.join(names[:3])}{f' and {count - 3} more' if count > 3 else ''}: {why}")
    return "\n".join(lines)


def given_network(model: nn.Module | str) -> nn.Module:
    """A network, given itself or as `network_at` reads it.

    Raises:
        InputError: it is none.
    """
    network = network_at(model) if isinstance(model, str) else model
    if not isinstance(network, nn.Module):
        raise InputError(f"A network is an nn.Module, got {quoted(network)}; pass yours.")
    return network


def network_at(model: str, *, stored: bool = False) -> nn.Module:
    """The network at ``FILE.py:NAME``: a module, or a function without arguments that gives one.

    One that a file names, `stored`, is run only where this user told it before.

    Raises:
        InputError: there is none, or the function raises.
    """
    if not model:
        raise InputError(
            "This supernet is of a network that was given in Python; pass it again, as load_supernet(folder, "
            "model=network), or by --space FILE.py:NAME to a command on its run: its weights do not matter."
        )
    network = (stored_object_at if stored else object_at)(model, "network")
    if callable(network) and not isinstance(network, nn.Module):
        network = outcome(f"{model} cannot be made", network)
    if not isinstance(network, nn.Module):
        raise InputError(f"{model} should be an nn.Module or a function that gives one, got {quoted(network)}.")
    return network.eval()


def refuse_untrained(model: str, network: nn.Module) -> None:
    """Does a function, or a class, at ``FILE.py:NAME`` give the weights of `network`, which it gave before, again?

    Raises:
        InputError: it draws them anew, so nobody trained them.
    """
    if isinstance(object_at(model, "network"), nn.Module):
        return
    both = zip(network.parameters(), network_at(model).parameters(), strict=False)
    if any(is_lazy(x) or not torch.equal(x, y) for x, y in both):
        raise InputError(
            f"{model} gives other weights each time, so they are no trained ones; load those there, such as by "
            "network.load_state_dict(torch.load(...))."
        )


def _parsed(
    structure: Mapping[str, object],
) -> tuple[
    dict[str, tuple[AxisTree | None, ...]],
    list[Attribute],
    list[Choice],
    list[InputSpec],
    list[Term],
    dict[str, Removal],
    dict[str, str],
]:
    try:
        said = cast("dict[str, dict[str, list[object]]]", structure)
        axes = {n: tuple(None if t is None else tree_of(t) for t in trees) for n, trees in said["axes"].items()}
        attributes: list[Attribute] = []
        for path, attribute, tree in cast("list[tuple[str, str, object]]", structure["attributes"]):
            several = is_several(tree)
            trees = tuple(map(tree_of, cast("list[object]", tree))) if several else tree_of(tree)
            attributes.append((path, attribute, trees))
        blocks: dict[str, Removal] = {}
        for name, (path, way) in cast("dict[str, Removal]", structure["blocks"]).items():
            blocks[name] = (path, one_of("the way to leave out a block", way, ("delete", "identity")))
        tied = {str(group): str(choice) for group, choice in cast("dict[str, str]", said.get("tied", {})).items()}
        choices = [
            Choice(str(name), tuple(cast("list[Option]", options)), _conditions(str(name), blocks, axes, tied))
            for name, options in said["choices"].items()
        ]
        inputs = [
            InputSpec(str(name), tuple(cast("list[int]", shape)), cast("Dtype", dtype), cast("int", high))
            for name, shape, dtype, high in cast("list[tuple[object, ...]]", structure["inputs"])
        ]
        told = said["work"] if "work" in said else [["macs", *term] for term in said["macs"]]  # earlier, of any kind
        work = [
            (str(figure), tuple(map(tree_of, trees)), int(count))
            for figure, trees, count in cast("list[tuple[str, list[object], int]]", told)
        ]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"Expected a structure as `hwnas.elastic` found it, got {quoted(dict(structure))}; make it again."
        ) from error
    return axes, attributes, choices, inputs, work, blocks, tied


def _conditions(
    choice: str,
    blocks: Mapping[str, Removal],
    axes: Mapping[str, Sequence[AxisTree | None]],
    tied: Mapping[str, str],
) -> dict[str, tuple[Option, ...]]:
    """A choice about nothing but what is in a block has an effect only where that is kept."""
    groups = {choice, *(group for group, of in tied.items() if of == choice)}
    tensors = [name for name, trees in axes.items() if any(groups & {*named(tree)} for tree in trees)]
    return {
        name: (True,)
        for name, (path, _) in blocks.items()
        if tensors and all(t.startswith(f"{path}.") for t in tensors)
    }


def _check(network: nn.Module, axes: Mapping[str, Sequence[AxisTree | None]], most: Mapping[str, int]) -> None:
    tensors = dict([*network.named_parameters(), *network.named_buffers()])
    for name, trees in axes.items():
        whole = tuple(tensors[name].shape) if name in tensors else None
        try:
            wanted = tuple(w if t is None else size_of(t, most) for t, w in zip(trees, whole or (), strict=True))
        except (KeyError, ValueError):
            wanted = None
        if whole is None or wanted != whole:
            raise InputError(
                f"The network is another one than was made elastic: {quoted(name)} has shape {whole}, "
                f"expected {wanted or len(trees)}; give that network, or make it elastic again."
            )
