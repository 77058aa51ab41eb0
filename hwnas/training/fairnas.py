"""Strict fairness (Chu et al., "FairNAS: Rethinking Evaluation Fairness of Weight Sharing Neural Architecture Search",
ICCV 2021).

A step trains as many sub-networks as a choice has options, and each option of each choice stands in exactly one of
them: every choice's options are put in a random order, and the sub-network of a place takes what stands there. Their
gradients add up to one update, so no option learns more often than another.

Where we differ: a choice with fewer options than the largest repeats them in new random orders, so within a step its
options differ by at most one; and a choice that another one switches off is trained only where it is active.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import Job, Stage, Step


class _EveryOption(ArchitectureSampler):
    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space, jobs = step.stage.space, round(self.passes(step.stage))
        genomes = np.column_stack([_in_turns(options, jobs, rng) for options in space.allowed])
        return [Job(space.space.decode(genome), "random") for genome in space.space.canonical(genomes)]

    def passes(self, stage: Stage) -> float:
        return float(max(len(options) for options in stage.space.allowed))


def _in_turns(options: IntArray, length: int, rng: np.random.Generator) -> IntArray:
    """`options` in random orders, one after another, `length` in all."""
    orders = [rng.permutation(options) for _ in range(-(-length // len(options)))]
    return np.concatenate(orders)[:length]


def fairnas(space: SearchSpace) -> Method:  # noqa: ARG001  the stage says of which space
    """Every option of every choice once per update."""
    return Method("fairnas", architectures=_EveryOption())
