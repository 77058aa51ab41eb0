"""One sub-network trained alone: the ground truth that inherited accuracies are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import Job, Stage, Step


@dataclass
class _Only(ArchitectureSampler):
    architecture: Architecture

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:  # noqa: ARG002  nothing is drawn
        return [Job(self.architecture, "fixed")]

    def watched(self, stage: Stage) -> Mapping[str, Architecture]:  # noqa: ARG002  the same in all
        return {"fixed": self.architecture}


def fixed(space: SearchSpace, *, architecture: Mapping[str, Option] | None = None) -> Method:
    """Train `architecture` only; the largest one by default."""
    only = space.largest if architecture is None else space.architecture(architecture)
    return Method("fixed", {"architecture": dict(only)}, architectures=_Only(only))
