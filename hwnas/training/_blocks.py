"""Blocks of sub-networks beside the original's: where they end, what they get of it, and how far they are from it."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.sharing._building import Builder
from hwnas.training._modules import outputs_by_module, searched_modules
from hwnas.training._original import TaughtByOriginal

_DRAWN = 6  # architectures that stand for all, beside the smallest and the largest


class TaughtByBlocks(TaughtByOriginal):
    """Every block gets what the original's block before gives, in place of what its own one gives.

    Args:
        space: of the networks.
        blocks: modules that blocks end with.
    """

    def __init__(self, space: SearchSpace, blocks: Sequence[str]) -> None:
        super().__init__(space)
        self.features = blocks
        self._given: dict[str, Tensor] = {}  # by the teacher's blocks in this step

    def teacher(self, job: Job, batch: Batch) -> Output | None:
        """See `TaughtByOriginal`."""
        output = super().teacher(job, batch)
        if output is not None:
            self._given = {name: feature.output for name, feature in output.features.items()}
        return output

    def leaving(self, job: Job, name: str, output: Tensor) -> Tensor:
        """What the original's block of that name gives, as much as fits."""
        if job.role == "teacher":
            self._given[name] = output
            return output
        return cut(self._given[name], output)


def block_losses(student: Output, teacher: Output) -> dict[str, Tensor]:
    """How far each block is from the teacher's, see `block_loss`."""
    given = {name: feature.output for name, feature in student.features.items()}
    return {name: block_loss(own, cut(teacher.features[name].output, own)) for name, own in given.items()}


def taught_loss(student: Output, teacher: Output, context: Context) -> Tensor:
    """The sum of the blocks' losses and of that of the answer, which what follows the last block learns by."""
    return context.task.distil(student.value, teacher.value) + sum(block_losses(student, teacher).values())


def cut(wide: Tensor, like: Tensor) -> Tensor:
    """The first entries of each dimension, as many as `like` has."""
    return wide[tuple(slice(0, size) for size in like.shape)]


def block_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference, in units of the teacher's variance, so that blocks count alike."""
    return (student - teacher).square().mean() / teacher.var().clamp(min=1e-12)


def blocks_of(space: SearchSpace, method: str, blocks: Sequence[str] = ()) -> list[str]:
    """The names of modules that blocks end with: `blocks`, or else the outermost ones that choices change.

    Raises:
        InputError: there are none, or one of `blocks` is not in every network.
    """
    drawn = [space.smallest, space.largest, *map(space.decode, space.sample(_DRAWN, np.random.default_rng(0)))]
    found = searched_modules(space, drawn)
    if not (blocks or found):
        raise InputError(
            f"Method {method!r} needs modules that every network of space {space.name!r} runs and that choices change, "
            "and finds none; train by 'instatune'."
        )
    builder = Builder(space)
    names = outputs_by_module(builder, space.smallest).keys() & outputs_by_module(builder, space.largest).keys()
    unknown = [name for name in blocks if name not in names]
    if unknown:
        raise InputError(
            f"Method {method!r} knows no module {quoted(unknown[0])} that every network runs; found are: "
            f"{', '.join(found)}."
        )
    return list(blocks) or found
