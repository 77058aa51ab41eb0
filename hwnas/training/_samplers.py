"""Ways to plan the sub-networks of a step that several methods have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler
from hwnas.contracts.training_step import Job, Stage, Step


@dataclass
class Sandwich(ArchitectureSampler):
    """Largest, `randoms` uniformly drawn, and smallest sub-network of the stage (Yu and Huang, ICCV 2019).

    Raises:
        InputError: `randoms` is negative.
    """

    randoms: int = 2

    def __post_init__(self) -> None:
        if self.randoms < 0:
            raise InputError(f"The sandwich rule needs randoms of at least 0, got {self.randoms}.")

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        """Largest first, smallest last."""
        space = step.stage.space
        drawn = [space.space.decode(genome) for genome in space.sample(self.randoms, rng)]
        randoms = [Job(architecture, "random") for architecture in drawn]
        return [Job(space.largest, "largest"), *randoms, Job(space.smallest, "smallest")]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002  the same in all
        """One each."""
        return self.randoms + 2.0


def in_turn(step: Step, members: Sequence[SubSpace]) -> int:
    """The number of the member that a step trains: one after another."""
    return step.index % len(members)
