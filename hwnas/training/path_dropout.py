"""More and more is left out (Bender et al., "Understanding and Simplifying One-Shot Architecture Search", ICML 2018).

A supernet whose paths are dropped too often from the start does not learn, and one whose paths are never dropped does
not know how to do without them. So the rate of dropping rises linearly, from nothing to what it is at the end.

Where we differ: the paper drops operations that are added up, at a rate of r^(1/k) for k of them. Here nothing is added
up: with the rate, an ordered choice leaves its largest option for one that is drawn uniformly, each choice by itself.
With a rate of 1 from the start it would be single path one-shot training. Choices without an order have no largest
option and are always drawn.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import Job, Step


class _Dropping(ArchitectureSampler):
    def __init__(self, space: SearchSpace, rate: float, rises: float) -> None:
        self._ordered = np.array([choice.ordered for choice in space.choices])
        self._rate, self._rises = rate, rises

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space = step.stage.space
        rate = self._rate * min(1.0, step.index / max(1.0, self._rises * step.of))
        stays = self._ordered & (rng.random(len(self._ordered)) >= rate)
        largest = np.array([allowed[-1] for allowed in space.allowed])
        genome = np.where(stays, largest, space.sample(1, rng)[0])
        return [Job(space.space.decode(space.space.canonical(genome[None])[0]), "random")]


def path_dropout(space: SearchSpace, *, rate: float = 1.0, rises: float = 0.5) -> Method:
    """One sub-network per step, smaller and smaller ones.

    Args:
        space: what is searched.
        rate: with which an ordered choice leaves its largest option in the end, above 0 and at most 1.
        rises: share of the steps after which it is reached, from 0 to 1.

    Raises:
        InputError: no choice has an order, or an argument is out of its range.
    """
    if not any(choice.ordered and len(choice.options) > 1 for choice in space.choices):
        raise InputError(
            f"Method 'path_dropout' begins with the largest options, and no choice of space {space.name!r} is ordered; "
            "train by 'uniform'."
        )
    if not (0 < rate <= 1 and 0 <= rises <= 1):
        raise InputError(
            f"Method 'path_dropout' needs a rate above 0 and at most 1 and rises from 0 to 1, got {rate} and {rises}."
        )
    return Method("path_dropout", {"rate": rate, "rises": rises}, architectures=_Dropping(space, rate, rises))
