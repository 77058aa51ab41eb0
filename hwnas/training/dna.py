"""Blocks that learn one by one (Li et al., "Block-wisely Supervised Neural Architecture Search with Knowledge
Distillation", CVPR 2020).

For a supernet that begins as a trained network (``--init``): its largest sub-network, kept as it came, teaches. A step
draws a sub-network, and each of its blocks gets what the teacher's block before gives, and learns to give what the
teacher's block gives, by squared differences in units of the teacher's variance. So a block is trained among its own
options alone, of which there are few, however many whole networks there are. What follows the last block learns the
teacher's answers.

A block ends where a module of `blocks` does: by default the outermost modules that choices change. Where a sub-network
is narrower than the teacher, it gets, and gives, the teacher's first channels, which are those its weights are from.

Where we differ: all blocks of a sub-network learn in the same step, where the paper trains them one after another; the
paper's students are as wide as the teacher between blocks; and sub-networks are rated as all others are, by accuracy or
by agreement with the teacher (`hwnas.taught_by`), not by the sum of their blocks' losses.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Job, Output, Stage, Step
from hwnas.sharing.prefix import PrefixSharing
from hwnas.training._blocks import TaughtByBlocks, blocks_of, taught_loss


class _Blocks(ArchitectureSampler, TaughtByBlocks):
    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        return [Job(step.stage.space.space.largest, "teacher"), *super().plan(step, rng)]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002  the same in all
        return 1 + FORWARD_ONLY

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher = context.teacher(job)
        if teacher is None:
            return super().loss(job, output, context)
        return taught_loss(output, teacher, context)


def dna(space: SearchSpace, *, blocks: Sequence[str] = ()) -> Method:
    """One uniformly drawn sub-network per step, block by block.

    Args:
        space: what is searched.
        blocks: names of modules that blocks end with, which every sub-network has; empty: they are found.

    Raises:
        InputError: there are no such modules.
    """
    seam = _Blocks(space, blocks_of(space, "dna", blocks))
    settings, sharing = {"blocks": list(blocks)}, PrefixSharing(space)
    return Method(
        "dna", settings, architectures=seam, objective=seam, sharing=sharing, update=seam, begins_trained=True
    )
