"""How the positions within an example relate to one another in a network, whatever its widths (Wang et al., "MiniLMv2",
Findings of ACL 2021).
"""

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder
from hwnas.training._modules import outputs_by_module


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

    Names of the smallest and the largest one stand for those of all.
    """
    builder = Builder(space)
    ran = [outputs_by_module(builder, architecture) for architecture in (space.smallest, space.largest)]
    several = [name for name, shape in ran[0].items() if len(shape) > 2 and name in ran[1] and _positions(shape) > 1]
    return several[-1] if several else None


def _positions(shape: tuple[int, ...]) -> int:
    return int(tokens(torch.empty(shape, device="meta")).shape[1])
