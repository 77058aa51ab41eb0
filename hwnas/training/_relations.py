"""How the positions within an example relate to one another in a network, whatever its widths (Wang et al., "MiniLMv2",
Findings of ACL 2021).
"""

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder


def tokens(output: Tensor) -> Tensor:
    """Positions and their features ``(n, t, d)`` of maps ``(n, d, ...)`` or sequences ``(n, t, d)``."""
    return output if output.ndim == 3 else output.flatten(2).transpose(1, 2)


def relations(output: Tensor) -> Tensor:
    """Rows ``(n, t, t)`` that add up to 1: softmax of inner products of positions, by the root of their features."""
    x = tokens(output).float()
    return torch.softmax(x @ x.transpose(1, 2) / x.shape[2] ** 0.5, dim=2)


def relation_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of relations, per row; the widths of both may differ.

    Raises:
        InputError: they have different numbers of positions.
    """
    ours, theirs = relations(student), relations(teacher)
    if ours.shape != theirs.shape:
        raise InputError(
            f"Relations should be of as many positions in sub-networks as in the teacher, got {ours.shape[1]} and "
            f"{theirs.shape[1]}; name modules with equal resolution."
        )
    return (ours - theirs).square().sum(dim=2).mean()


def last_related(space: SearchSpace) -> str | None:
    """The module whose positions are related: of those that every network has, the last to give several; None: none.

    It is found with networks without values. Names of the smallest and the largest one stand for those of all.
    """
    builder = Builder(space)
    largest = dict(builder.hollow(space.largest).named_modules())
    network, seen = builder.hollow(space.smallest).to("meta").eval(), list[str]()
    for name, module in network.named_modules():
        if name in largest and name:
            module.register_forward_hook(lambda _, __, out, name=name: seen.append(name) if _is_several(out) else None)
    kinds = {"float32": torch.float32, "int64": torch.int64}
    with torch.no_grad():
        network(*(torch.zeros(2, *i.shape, dtype=kinds[i.dtype], device="meta") for i in space.inputs))
    return seen[-1] if seen else None


def _is_several(output: object) -> bool:
    return isinstance(output, Tensor) and output.ndim > 2 and tokens(output).shape[1] > 1
