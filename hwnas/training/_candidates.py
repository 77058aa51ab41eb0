"""What a block may be: the choices that are its own, and the combinations of their options; and which does best."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product

import numpy as np
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training_step import Job, Output, State
from hwnas.sharing._building import Builder
from hwnas.spaces._multiples import largest_with
from hwnas.training._blocks import block_losses
from hwnas.training._modules import structure_of
from hwnas.training._size import Sizes

_MOST = 64  # of a block
Candidate = Mapping[str, Option]


class Compared:
    """Candidates of blocks beside one another on the same examples: how far each is from the original's block.

    Args:
        space: of the networks.
        candidates: of every block, as `candidates_of_blocks` gives them.
    """

    def __init__(self, space: SearchSpace, candidates: Mapping[str, Sequence[Candidate]]) -> None:
        self._space, self._candidates = space, candidates
        self._losses = {name: [0.0] * len(options) for name, options in candidates.items()}  # sums over batches
        self._batches = 0

    @cached_property
    def jobs(self) -> Sequence[Job]:
        """One candidate of every block at a time, which do not disturb each other: each gets what the teacher gives."""
        count, jobs = max(map(len, self._candidates.values())), []
        for i in range(count):
            together = with_options(self._space, *(options[i % len(options)] for options in self._candidates.values()))
            jobs.append(Job(together, "random", weight=1 / count))
        return jobs

    def add(self, outputs: Sequence[tuple[Job, Output]]) -> None:
        """Take up what a step's jobs gave, each behind its teacher; of several batches, where they are accumulated."""
        teacher, number = Output(torch.empty(0)), 0
        for job, output in outputs:
            if job.role == "teacher":
                teacher, number = output, 0
                self._batches += 1
                continue
            for name, loss in block_losses(output, teacher).items():
                if number < len(self._losses.get(name, ())):
                    self._losses[name][number] += loss.item()
            number += 1

    def chosen(self, tolerance: float) -> Architecture:
        """Of every block the smallest candidate whose mean loss is at most so much above that of the full-size one."""
        most = tolerance * self._batches
        best = (self._candidates[name][smallest_within(losses, most)] for name, losses in self._losses.items())
        return with_options(self._space, *best)

    def state(self) -> State:
        """JSON only."""
        return {"losses": self._losses, "batches": self._batches}

    def restore(self, state: State) -> None:
        """Go on from what `state` gave."""
        self._losses, self._batches = state["losses"], state["batches"]


def candidates_of_blocks(space: SearchSpace, blocks: Sequence[str], method: str) -> dict[str, list[Candidate]]:
    """For every block that has choices of its own, the combinations of their options, from small networks to large
    ones with all else at its largest; that of the largest network last.

    Args:
        space: of the networks.
        blocks: names of modules.
        method: that asks, as an error should call it.

    Raises:
        InputError: no block has any, or one has too many.
    """
    sizes, found = Sizes(space, method), dict[str, list[Candidate]]()
    for block, names in _choices_of_blocks(space, blocks).items():
        options = [space.choices[space.names.index(name)].options for name in names]
        ways = [dict(zip(names, way, strict=True)) for way in product(*options)]
        *others, full = {with_options(space, way): way for way in ways}.values()  # some are the same network
        if len(others) >= _MOST:
            raise InputError(
                f"Method {method!r} compares all candidates of a block, at most {_MOST}, and {block!r} of space "
                f"{space.name!r} has {len(others) + 1}; train by 'dna'."
            )
        order = np.argsort(sizes.of(space.encode_many(with_options(space, way) for way in others)), kind="stable")
        found[block] = [*(others[i] for i in order), full]
    if not found:
        raise InputError(
            f"Method {method!r} chooses each block by itself, and every choice of space {space.name!r} changes none or "
            "several; train by 'dna'."
        )
    return found


def with_options(space: SearchSpace, *options: Candidate) -> Architecture:
    """The largest network but for these options of choices."""
    values = {choice.name: choice.options[-1] for choice in space.choices}
    for given in options:
        values.update(given)
    return space.architecture(values)


def smallest_within(losses: Sequence[float], tolerance: float) -> int:
    """The first of candidates, small to large, whose loss is at most `tolerance` above that of the last one."""
    return next(i for i, loss in enumerate(losses) if loss <= losses[-1] + tolerance)


def _choices_of_blocks(space: SearchSpace, blocks: Sequence[str]) -> dict[str, list[str]]:
    """For every block the choices that change this block and no other one."""
    builder, own = Builder(space), dict[str, list[str]]()

    def structures(architecture: Architecture) -> dict[str, str]:
        modules = dict(builder.hollow(architecture).named_modules())
        return {name: structure_of(modules[name]) for name in blocks}

    whole = structures(space.largest)
    for choice in space.choices:
        changed = {
            name
            for option in choice.options[:-1]
            for name, structure in structures(largest_with(space, choice, option)).items()
            if structure != whole[name]
        }
        if len(changed) == 1:
            own.setdefault(changed.pop(), []).append(choice.name)
    return own
