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

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Job, Output, Stage, Step
from hwnas.sharing._building import Builder
from hwnas.sharing.prefix import PrefixSharing
from hwnas.training._modules import outputs_by_module, searched_modules
from hwnas.training._original import TaughtByOriginal

_DRAWN = 6  # architectures that stand for all, beside the smallest and the largest


class _Blocks(ArchitectureSampler, TaughtByOriginal):
    def __init__(self, space: SearchSpace, blocks: Sequence[str]) -> None:
        super().__init__(space)
        self.features = blocks
        self._given: dict[str, Tensor] = {}  # by the teacher's blocks in this step

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        return [Job(step.stage.space.space.largest, "teacher"), *super().plan(step, rng)]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002  the same in all
        return 1 + FORWARD_ONLY

    def teacher(self, job: Job, batch: Batch) -> Output | None:
        output = super().teacher(job, batch)
        if output is not None:
            self._given = {name: feature.output for name, feature in output.features.items()}
        return output

    def leaving(self, job: Job, name: str, output: Tensor) -> Tensor:
        if job.role == "teacher":
            self._given[name] = output
            return output
        return cut(self._given[name], output)

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher = context.teacher(job)
        if teacher is None:
            return super().loss(job, output, context)
        loss = context.task.distil(output.value, teacher.value)
        for name, feature in output.features.items():
            loss = loss + block_loss(feature.output, cut(teacher.features[name].output, feature.output))
        return loss


def cut(wide: Tensor, like: Tensor) -> Tensor:
    """The first entries of each dimension, as many as `like` has."""
    return wide[tuple(slice(0, size) for size in like.shape)]


def block_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference, in units of the teacher's variance, so that blocks count alike."""
    return (student - teacher).square().mean() / teacher.var().clamp(min=1e-12)


def dna(space: SearchSpace, *, blocks: Sequence[str] = ()) -> Method:
    """One uniformly drawn sub-network per step, block by block.

    Args:
        space: what is searched.
        blocks: names of modules that blocks end with, which every sub-network has; empty: they are found.

    Raises:
        InputError: there are no such modules.
    """
    drawn = [space.smallest, space.largest, *map(space.decode, space.sample(_DRAWN, np.random.default_rng(0)))]
    found = searched_modules(space, drawn)
    if not (blocks or found):
        raise InputError(
            f"Method 'dna' needs modules that every network of space {space.name!r} runs and that choices change, and "
            "finds none; train by 'instatune'."
        )
    builder = Builder(space)
    names = outputs_by_module(builder, space.smallest).keys() & outputs_by_module(builder, space.largest).keys()
    unknown = [name for name in blocks if name not in names]
    if unknown:
        raise InputError(
            f"Method 'dna' knows no module {quoted(unknown[0])} that every network runs; found are: {', '.join(found)}."
        )
    seam = _Blocks(space, list(blocks) or found)
    settings, sharing = {"blocks": list(blocks)}, PrefixSharing(space)
    return Method(
        "dna", settings, architectures=seam, objective=seam, sharing=sharing, update=seam, begins_trained=True
    )
