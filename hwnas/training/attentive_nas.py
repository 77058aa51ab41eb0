"""Attention to the best or the worst (Wang et al., "AttentiveNAS: Improving Neural Architecture Search via Attentive
Sampling", CVPR 2021).

A sandwich in which a random sub-network is not just any: a size is drawn, then `candidates` sub-networks of about that
size, and the one is trained that is thought to be the best of them (so that the front gets better), or the worst (so
that it is not left behind). The size is that of a uniformly drawn sub-network, so all sizes are trained as before.

Where we differ: what a sub-network is worth is told by a ridge regression of the losses that the last sub-networks had,
less that of the largest on the same examples, on their options, which costs no passes; the paper has a predictor that
was fitted to accuracies before, or the loss on the batch. Until it knows as many as there are options, the first
candidate is taken. Candidates are the nearest in size among `pool` uniformly drawn ones.
"""

from collections import deque
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Job, State, Statistics, Step
from hwnas.contracts.words import one_of
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._samplers import Sandwich
from hwnas.training._size import Sizes

Up = Literal["best", "worst"]
_REMEMBERED = 256  # losses: what a sub-network is worth changes as it learns
_PENALTY = 1.0


class _Attentive(Sandwich):
    def __init__(self, space: SearchSpace, sign: int, candidates: int, pool: int, randoms: int) -> None:
        super().__init__(randoms)
        self._space, self._sizes = space, Sizes(space, "attentive_nas")
        self._sign, self._candidates, self._pool = sign, candidates, pool  # 1: of the least loss, -1: of the most
        self._known: deque[tuple[IntArray, float]] = deque(maxlen=_REMEMBERED)

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        largest, *_, smallest = super().plan(step, rng)
        drawn = [self._space.decode(self._attended(step.stage.space, rng)) for _ in range(self.randoms)]
        return [largest, *(Job(architecture, "random") for architecture in drawn), smallest]

    def _attended(self, space: SubSpace, rng: np.random.Generator) -> IntArray:
        genomes = space.sample(self._pool, rng)
        sizes = self._sizes.of(genomes)
        near = genomes[np.argsort(np.abs(sizes - sizes[0]), kind="stable")[: self._candidates]]
        chosen: IntArray = near[np.argmin(self._sign * self._thought(near))]
        return chosen

    def _thought(self, genomes: IntArray) -> FloatArray:
        """The loss that each is thought to have, ``(n,)``; all the same as long as too little is known."""
        if len(self._known) < sum(self._space.sizes):
            return np.zeros(len(genomes))
        seen, losses = (np.array(column) for column in zip(*self._known, strict=True))
        return ridge(one_hot(self._space, seen), losses, one_hot(self._space, genomes))

    def on_step(self, statistics: Statistics) -> None:
        batch, end = statistics.step.batch, 0
        for job, output in statistics.context.outputs:
            if job.role == "largest":  # the first of its examples: a step may be of several batches
                start, end = end, end + len(output.value)
            seen = Batch(tuple(x[start:end] for x in batch.inputs), batch.labels[start:end])
            loss = float(statistics.context.task.loss(output.value, seen))
            if job.role == "largest":
                level = loss
            else:
                self._known.append((self._space.encode(job.architecture), loss - level))

    def state(self) -> State:
        genomes = [genome.tolist() for genome, _ in self._known]
        return {"genomes": genomes, "losses": [loss for _, loss in self._known]}

    def restore(self, state: State) -> None:
        pairs = zip(state["genomes"], state["losses"], strict=True)
        self._known = deque(((np.array(genome), loss) for genome, loss in pairs), maxlen=_REMEMBERED)


def one_hot(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Which option each choice has, ``(n, g) -> (n, all options)``."""
    columns = [genomes[:, [i]] == np.arange(size) for i, size in enumerate(space.sizes)]
    return np.concatenate(columns, axis=1).astype(np.float64)


def ridge(seen: FloatArray, values: FloatArray, asked: FloatArray) -> FloatArray:
    """What values ``(n,)`` of rows ``(n, f)`` say of rows ``(m, f)``, ``(m,)``."""
    mean, level = seen.mean(axis=0), values.mean()
    x = seen - mean
    weights = np.linalg.solve(x.T @ x + _PENALTY * np.eye(x.shape[1]), x.T @ (values - level))
    return np.asarray(level + (asked - mean) @ weights)


def attentive_nas(
    space: SearchSpace, *, up: Up = "best", candidates: int = 8, pool: int = 64, randoms: int = 2
) -> Method:
    """Largest, `randoms` attentively drawn, and smallest sub-network per step, taught by the largest.

    Args:
        space: what is searched.
        up: whether the ``best`` or the ``worst`` of a size is trained.
        candidates: of about one size, at least 2.
        pool: sub-networks that they are taken from, at least as many.
        randoms: how many are trained per step.

    Raises:
        InputError: an argument is out of its range, or all sub-networks are of one size.
    """
    one_of("the setting up of method 'attentive_nas'", up, get_args(Up))
    if not (2 <= candidates <= pool and randoms > 0):
        raise InputError(
            "Method 'attentive_nas' needs at least 2 candidates, a pool of as many, and randoms of at least 1, got "
            f"{candidates}, {pool} and {randoms}."
        )
    seam = _Attentive(space, 1 if up == "best" else -1, candidates, pool, randoms)
    settings = {"up": up, "candidates": candidates, "pool": pool, "randoms": randoms}
    return Method("attentive_nas", settings, architectures=seam, objective=InPlaceDistillation())
