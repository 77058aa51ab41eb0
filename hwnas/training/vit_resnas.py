"""Several sub-networks in one batch (Liao et al., "Searching for Efficient Multi-Stage Vision Transformers",
ICCV 2021 workshop on Neural Architectures).

The examples of a step are cut into groups, and each group passes through a sub-network of its own, so that an update
hangs on many sub-networks at the price of one pass. Every choice gives its options to the groups in a random order, all
about equally often. Small sub-networks come late: of each ordered choice only the largest option is open at first, and
one more after each part of the warm-up.

Where we differ: sub-networks are cut out, where the published code masks channels, so a group costs what its
sub-network costs; and batch-norm takes the statistics of the group.
"""

import warnings
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Method, Schedule
from hwnas.contracts.training_step import Curve, Job, Stage, Step
from hwnas.training._stages import divided, rate_from


class _Groups(ArchitectureSampler, Schedule):
    def __init__(self, group: int, warmup: float) -> None:
        self._group, self._warmup = group, warmup

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        most = max((len(c.options) for c in space.choices if c.ordered), default=1)
        shares = [self._warmup / (most - 1)] * (most - 1) if self._warmup and most > 1 else []
        lengths = divided(steps, [*shares, 1 - sum(shares)])
        starts = np.cumsum([0, *lengths]).tolist()
        return [
            Stage(
                SubSpace(space, {c.name: c.options[-open_options:] for c in space.choices if c.ordered}),
                length,
                partial(rate_from, curve, start, steps),
                name=f"{open_options} of {most} options",
            )
            for open_options, start, length in zip(range(most - len(shares), most + 1), starts, lengths, strict=False)
        ]

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        space, n = step.stage.space, len(step.batch.labels)
        bounds = [*range(0, n, self._group), n]
        if len(bounds) > 2 and n - bounds[-2] < min(2, self._group):  # batch-norm knows no deviation of one example
            del bounds[-2]
        if len(bounds) == 2 and not step.index:
            warnings.warn(
                f"Method 'vit_resnas' divides a batch of {n} into groups of {self._group}, so all of it trains one "
                "sub-network; give a smaller group.",
                stacklevel=2,
            )
        genomes = np.column_stack([
            rng.permutation(np.resize(rng.permutation(indices), len(bounds) - 1)) for indices in space.allowed
        ])  # fmt: skip
        return [
            Job(space.space.decode(genome), "random", weight=(end - start) / n, rows=(start, end))
            for genome, (start, end) in zip(space.space.canonical(genomes), pairwise(bounds), strict=True)
        ]


def vit_resnas(space: SearchSpace, *, group: int = 64, warmup: float = 0.25) -> Method:  # noqa: ARG001
    """One sub-network for every `group` examples of a step.

    Args:
        space: what is searched.
        group: examples that share a sub-network; the last group takes what is left.
        warmup: share of the steps in which options are opened; 0: all are open from the start.

    Raises:
        InputError: `group` is below 1, or `warmup` is not a share below 1.
    """
    if group < 1 or not 0 <= warmup < 1:
        raise InputError(
            f"Method 'vit_resnas' needs a group of at least 1 and a warmup of 0 to below 1, got {group} and {warmup}."
        )
    seam = _Groups(group, warmup)
    return Method("vit_resnas", {"group": group, "warmup": warmup}, schedule=seam, architectures=seam)
