"""PNAS (Liu et al. 2018, arXiv:1712.00559): grow architectures block by block, and let a predictor choose the beam.

Genes are cut into blocks. The first round opens the first block and leaves the rest as it is in the smallest network;
every further round opens one more block of the survivors of the last, predicts all the growth, and measures the best.
When all blocks are open and there is budget left, the blocks are opened again in turn.

Where we differ: a block is a run of genes, in the order of the space, not a node of a cell; the predictor is an
ensemble of five small networks on one-hot genes, not on averaged or recurrent ones, so it learns nothing about a block
before it is open; with several objectives survivors and picks are by Pareto rank and crowding.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.genomes.listing import distinct
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.proposer import Proposer
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.generators.ranking import best_first
from hwnas.surrogates.regressors.mlp import Training
from hwnas.surrogates.regressors.networks import networks


class PNAS(Proposer):
    """A growing beam.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        blocks: into which the genes are cut.
        beam: architectures measured in a round, all of which survive it.
        growth: most architectures predicted in a round.
        rest: what unopened genes are; None: the smallest network.
        epochs: of the predictor's training, before every batch.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        blocks: int = 5,
        beam: int = 25,
        growth: int = 3_000,
        rest: Mapping[str, Option] | None = None,
        epochs: int = 50,
    ) -> None:
        super().__init__(space, objectives, seed)
        if min(blocks, beam, growth) < 1:
            raise InputError(f"PNAS needs blocks, beam and growth of at least 1, got {blocks}, {beam} and {growth}.")
        self.beam = beam
        self.growth = growth
        self.rest = space.encode(space.smallest if rest is None else rest)
        genes = np.flatnonzero(space.sizes > 1)
        self.blocks = [part for part in np.array_split(genes, min(blocks, max(1, len(genes)))) if len(part)]
        self.scorer = PerObjective(networks(space.one_hot, Training((32, 32), 5, epochs), seed))
        self._place: dict[bytes, int] = {}  # of each architecture in the order told, failed ones included

    @property
    def batch(self) -> int:
        """See `Strategy.batch`."""
        return self.beam

    def tell(self, results: Sequence[Result]) -> None:
        """See `Strategy.tell`."""
        for result in results:
            self._place.setdefault(self.space.encode(result.trial.architecture).tobytes(), len(self._place))
        super().tell(results)

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:
        if not self.blocks:
            return self.space.sample(n, rng)
        turn = len(self._known) // self.beam
        history = self.history
        survivors = self._survivors(history, turn)
        grown = survivors
        for further in range(len(self.blocks)):  # a round that has too little growth opens the next block as well
            grown = self._open(grown, self.blocks[(turn + further) % len(self.blocks)], rng)
            fresh = grown[history.unseen(grown)]
            if len(fresh) >= n:
                break
        if len(history) < 2 or not len(fresh):
            return np.asarray(rng.permutation(fresh))
        guess = self.scorer(history, rng)(fresh)
        return np.asarray(fresh[best_first(guess.mean, guess.violations)[:n]])

    def _survivors(self, history: History, turn: int) -> IntArray:
        """What was measured in the last round, or all that is open from the first."""
        places = np.array([self._place[row.tobytes()] for row in history.genomes], dtype=np.int64)
        last = places // self.beam == turn - 1
        if not last.any():
            return self.rest[None]
        if turn < len(self.blocks):
            return np.asarray(history.genomes[last])
        return np.asarray(history.genomes[best_first(history.costs, history.violations)[: self.beam]])

    def _open(self, genomes: IntArray, block: IntArray, rng: np.random.Generator) -> IntArray:
        """Each of ``(n, g)`` with all options of a block, or as many random ones as there may be."""
        ways = float(np.prod(self.space.sizes[block].astype(np.float64)))
        if ways * len(genomes) <= self.growth:
            options = np.stack(np.meshgrid(*(np.arange(s) for s in self.space.sizes[block])), -1).reshape(
                -1, len(block)
            )
            grown = np.repeat(genomes, len(options), axis=0)
            grown[:, block] = np.tile(options, (len(genomes), 1))
        else:
            grown = genomes[rng.integers(len(genomes), size=self.growth)]
            grown[:, block] = rng.integers(0, self.space.sizes[block], size=(self.growth, len(block)))
        return distinct(self.space.canonical(grown))


pnas = PNAS
