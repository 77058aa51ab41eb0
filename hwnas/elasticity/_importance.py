"""Which entries of a group matter most.

``l2``: the root of the sum of the squares of all weights that belong to an entry, after each tensor is scaled to a
mean square of 1, so that none of them decides alone.
``taylor``: by how much the loss would change were they 0, to first order: the sum of the squares of weight times
gradient, over a few batches (Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019).
``activation``: how much linear layers and convolutions make of an entry on data: the square of each weight that reads
it times its mean square (the product of Sun et al., "A Simple and Effective Pruning Approach for Large Language
Models", ICLR 2024; there single weights are pruned, here it is summed over an entry). What no such layer reads goes by
``l2``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hwnas.contracts.axes import named, places_of
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.words import one_of
from hwnas.elasticity._groups import Trees

Importance = Literal["l2", "taylor", "activation"]
Loss = Callable[[object, Tensor], Tensor]


def orders(
    network: nn.Module,
    trees: Trees,
    sizes: Mapping[str, int],
    offered: Iterable[str],
    importance: Importance = "l2",
    batches: Iterable[tuple[Tensor, ...]] | None = None,
    loss: Loss | None = None,
) -> dict[str, list[int]]:
    """The entries of every offered group, most important first; equal ones in their old order.

    Raises:
        InputError: the way needs batches and has none.
    """
    one_of("the importance of entries", importance, get_args(Importance))
    scores, along_only = _scores(network, importance, batches, loss)
    by_weights, _ = _scores(network, "l2", None, None)
    by_group: dict[str, list[int]] = {}
    for group in offered:
        total = _total(group, trees, sizes, scores, along_only)
        if not total.any():  # no layer that is looked at reads it, such as where recurrent ones do
            total = _total(group, trees, sizes, by_weights, {})
        by_group[group] = torch.sort(total, descending=True, stable=True).indices.tolist()
    return by_group


def _total(
    group: str, trees: Trees, sizes: Mapping[str, int], scores: Mapping[str, Tensor], along_only: Mapping[str, int]
) -> Tensor:
    """Of every entry of a group, how much all weights that belong to it matter."""
    total = torch.zeros(sizes[group], dtype=torch.float64)
    for tensor, score in scores.items():
        for dim, tree in enumerate(trees.get(tensor, ())):
            if group in named(tree) and along_only.get(tensor, dim) == dim:
                along = score.movedim(dim, 0).reshape(score.shape[dim], -1).sum(1)
                for entry in range(sizes[group]):
                    total[entry] += along[places_of(tree, sizes, {group: [entry]})].sum()
    return total


def _scores(
    network: nn.Module, importance: Importance, batches: Iterable[tuple[Tensor, ...]] | None, loss: Loss | None
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Of every single weight, how much it matters, and along which dimension alone, if it is one."""
    weights = {name: p.detach() for name, p in network.named_parameters() if p.is_floating_point()}
    if importance == "l2":
        squares = {name: w.double().square() for name, w in weights.items()}
        return {name: s / s.mean().clamp(min=1e-30) for name, s in squares.items()}, {}
    if batches is None:
        raise InputError(f"Importance {quoted(importance)} needs data, got none; pass batches=[(inputs, labels), ...].")
    if importance == "activation":
        return _carried(network, weights, batches)
    return _taylor(network, weights, batches, loss), {}


def _taylor(
    network: nn.Module, weights: Mapping[str, Tensor], batches: Iterable[tuple[Tensor, ...]], loss: Loss | None
) -> dict[str, Tensor]:
    scores = {name: torch.zeros(w.shape, dtype=torch.float64) for name, w in weights.items()}
    leaves = {name: w.clone().requires_grad_() for name, w in weights.items()}
    for *inputs, labels in batches:
        out = functional_call(network, leaves, tuple(inputs))
        value = (loss or nn.functional.cross_entropy)(out, labels)
        for name, gradient in zip(
            leaves, torch.autograd.grad(value, [*leaves.values()], allow_unused=True), strict=True
        ):
            if gradient is not None:
                scores[name] += (weights[name] * gradient).double().square()
    return scores


def _carried(
    network: nn.Module, weights: Mapping[str, Tensor], batches: Iterable[tuple[Tensor, ...]]
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Along the dimension of what a layer reads."""
    names = {id(p): name for name, p in network.named_parameters()}
    read: dict[str, Tensor] = {}

    def note(module: nn.Module, given: tuple[Tensor, ...], by_name: Mapping[str, Tensor]) -> None:
        x = given[0] if given else by_name["input"]
        if isinstance(module, nn.Linear):
            x = x.reshape(-1, x.shape[-1])
        others = [dim for dim in range(x.ndim) if dim != 1]
        channels = torch.linalg.vector_norm(x, dim=others, dtype=torch.float64).square()  # without a copy in float64
        name = names[id(module.weight)]
        read[name] = read.get(name, torch.zeros_like(channels)) + channels

    layers = [
        m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv1d | nn.Conv2d) and id(m.weight) in names
    ]
    handles = [layer.register_forward_pre_hook(note, with_kwargs=True) for layer in layers]
    try:
        with torch.no_grad():
            for *inputs, _ in batches:
                network(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    scores: dict[str, Tensor] = {}
    dims: dict[str, int] = {}
    for name, channels in read.items():
        weight = weights[name].double().square()
        dims[name] = 0 if weight.shape[1] == 1 < len(channels) == weight.shape[0] else 1  # depthwise or not
        every = weight.shape[dims[name]]
        seen = (
            channels if len(channels) == every else channels.mean().expand(every)
        )  # groups read channels of their own
        score = (weight.movedim(dims[name], -1) * seen).movedim(-1, dims[name])
        scores[name] = score / score.mean().clamp(min=1e-30)
    return scores, dims
