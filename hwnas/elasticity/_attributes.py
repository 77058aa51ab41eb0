"""Sizes that modules keep beside their tensors, and that a smaller network needs to have set.

Of PyTorch's own layers they are known. Of any other module they are whole numbers that equal a size its tensors, or
those of its children, have; whether one of them is that size or only looks like it, the proof of the smaller network
decides.
"""

from collections.abc import Iterator, Mapping

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from hwnas.contracts.axes import AxisTree, Sizes, each_of, named, size_of
from hwnas.elasticity._groups import Trees
from hwnas.spaces._elastic import Attribute


def of_layers(network: nn.Module, trees: Trees, sizes: Mapping[str, int]) -> list[Attribute]:
    """Those of PyTorch's own layers that follow a group."""
    names = {id(t): name for name, t in (*network.named_parameters(), *network.named_buffers())}
    trees_of_layers = [
        (path, attribute, tree)
        for path, module in network.named_modules()
        for attribute, tree in _of_layer(module, trees, names, sizes)
    ]
    return [(path, a, tree) for path, a, tree in trees_of_layers if any(True for t in each_of(tree) for _ in named(t))]


def _of_layer(
    module: nn.Module, trees: Trees, names: Mapping[int, str], sizes: Mapping[str, int]
) -> Iterator[tuple[str, AxisTree | Sizes]]:
    own = {
        key: trees[names[id(t)]] for key, t in (*module._parameters.items(), *module._buffers.items()) if id(t) in names
    }
    weight = own.get("weight")
    if isinstance(module, _ConvNd) and weight:
        yield from _of_convolution(module, weight, sizes)
    elif isinstance(module, nn.Linear) and weight:
        yield from (("out_features", weight[0]), ("in_features", weight[1]))
    elif isinstance(module, nn.Embedding) and weight:
        yield from (("num_embeddings", weight[0]), ("embedding_dim", weight[1]))
    elif isinstance(module, _NormBase) and own:
        yield "num_features", (own.get("running_mean") or own["weight"])[0]
    elif isinstance(module, nn.GroupNorm) and weight:
        yield from (("num_channels", weight[0]), ("num_groups", _first_factor(weight[0], module.num_groups, sizes)))
    elif isinstance(module, nn.LayerNorm | nn.RMSNorm) and weight:
        yield "normalized_shape", weight
    elif isinstance(module, nn.PReLU) and weight:
        yield "num_parameters", weight[0]
    elif isinstance(module, nn.RNNBase) and not module.proj_size:
        yield from (("input_size", own["weight_ih_l0"][1]), ("hidden_size", own["weight_hh_l0"][1]))
    elif isinstance(module, nn.RNNCellBase):
        yield from (("input_size", own["weight_ih"][1]), ("hidden_size", own["weight_hh"][1]))


def _of_convolution(module: _ConvNd, weight: Sizes, sizes: Mapping[str, int]) -> Iterator[tuple[str, AxisTree | Sizes]]:
    transposed = isinstance(module, _ConvTransposeNd)
    groups = _first_factor(weight[0], module.groups, sizes)
    behind: AxisTree = weight[1] if module.groups == 1 else ("grid", (groups, weight[1]))
    yield "groups", groups
    yield "in_channels", weight[0] if transposed else behind
    yield "out_channels", behind if transposed else weight[0]
    yield "kernel_size", weight[2:]
    if not isinstance(module.padding, str) and any(True for tree in weight[2:] for _ in named(tree)):
        yield "padding", tuple(("half", (tree,)) for tree in weight[2:])


def _first_factor(tree: AxisTree, size: int, sizes: Mapping[str, int]) -> AxisTree:
    """The factor of an axis that is `size` groups of entries; a fixed size where it has none."""
    if size == 1 or size_of(tree, sizes) == size:
        return size if size == 1 else tree
    if isinstance(tree, tuple) and tree[0] == "grid":
        taken: list[AxisTree] = []
        for part in tree[1]:
            taken.append(part)
            if size_of(("grid", tuple(taken)), sizes) == size:
                return ("grid", tuple(taken))
    return size


def of_others(
    network: nn.Module, group: str, trees: Trees, sizes: Mapping[str, int], layer_trees: list[Attribute]
) -> list[Attribute]:
    """Whole numbers of modules with tensors of `group`, and of what holds these, that equal a size it is part of."""
    taken = {(path, attribute) for path, attribute, _ in layer_trees}
    trees_of_attributes: dict[tuple[str, str], AxisTree] = {}
    for tensor, dims in trees.items():
        of_group = [tree for tree in dims if group in named(tree)]
        path = tensor.rpartition(".")[0]
        for depth, module_path in enumerate(_upwards(path) if of_group else ()):
            if depth > 2:
                break
            module = network.get_submodule(module_path)
            for attribute, value in vars(module).items():
                if isinstance(value, bool) or not isinstance(value, int) or (module_path, attribute) in taken:
                    continue
                for tree in (*of_group, group):
                    if size_of(tree, sizes) == value:
                        trees_of_attributes.setdefault((module_path, attribute), tree)
    return [(path, attribute, tree) for (path, attribute), tree in trees_of_attributes.items()]


def trials(
    network: nn.Module, group: str, trees: Trees, sizes: Mapping[str, int], others: list[Attribute]
) -> Iterator[list[Attribute]]:
    """Sets of attributes to try, likely ones first: one or two of them may only look like a size of the group.

    What a layer has twice, as a square matrix has, is rather the size that stays; and a size called a dimension is
    rather not a number of heads that happens to be as large.
    """
    yield []
    if others:
        yield others
    likely = [
        (path, attribute, tree)
        for path, attribute, tree in others
        if not _stays_too(network.get_submodule(path), attribute, path, group, trees, sizes)
        and not (tree == group and any(word in attribute for word in ("dim", "size", "width", "channels")))
    ]
    if likely != others:
        yield likely
    for wrong in likely if len(likely) > 1 else []:
        yield [other for other in likely if other is not wrong]


def _stays_too(
    module: nn.Module, attribute: str, path: str, group: str, trees: Trees, sizes: Mapping[str, int]
) -> bool:
    own = [trees[name] for key in module._parameters if (name := f"{path}.{key}".lstrip(".")) in trees]
    fixed = [size_of(tree, sizes) for dims in own for tree in dims if group not in named(tree)]
    return getattr(module, attribute) in fixed


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]
    yield ""
