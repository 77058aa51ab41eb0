"""What a network trained for something else knows of new examples: classes of nearest neighbours by its features."""

import torch
from torch import Tensor, nn

_FITTED = 0.66  # share of the examples whose labels are known
_CHUNK = 256  # examples whose distances are computed at once


def penultimate(network: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    """What goes into the last linear layer of `network` for `inputs`, ``(n, d)``; its output where there is none."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    seen: list[Tensor] = []
    hook = layers[-1].register_forward_pre_hook(lambda _, given: seen.append(given[0])) if layers else None
    with torch.no_grad():
        output: Tensor = network(*inputs)
    if hook is not None:
        hook.remove()
    return (seen[-1] if seen else output).flatten(1)


def neighbours_right(features: Tensor, labels: Tensor, most: int = 200) -> float:
    """How often the nearest examples say the right class: a share of the last third, by the first two.

    Args:
        features: ``(n, d)``, of at least three examples, in random order.
        labels: ``(n,)``.
        most: neighbours that vote, of at most a tenth of those that are known.
    """
    known = round(_FITTED * len(labels))
    classes, places = torch.unique(labels, return_inverse=True)
    votes = torch.nn.functional.one_hot(places[:known], len(classes))
    neighbours = max(1, min(most, known // 10))
    right = 0
    for some, wanted in zip(torch.split(features[known:], _CHUNK), torch.split(places[known:], _CHUNK), strict=True):
        nearest = torch.cdist(some, features[:known]).topk(neighbours, largest=False).indices
        right += int(votes[nearest].sum(dim=1).argmax(dim=1).eq(wanted).sum())
    return right / (len(labels) - known)
