"""RANK-NOSH (Wang et al. 2021, arXiv:2108.08019): learn a ranking from a pyramid in which losers stay.

Every round adds the architectures a ranker likes best to the lowest rung, and moves a share of each rung up: r of the
new ones' number to the second, r squared to the third, and so on. Unlike in successive halving a loser is never thrown
away: it can be moved up in a later round, and it is half of a pair the ranker learns from. On one rung the better
answer wins the pair; of two rungs, whoever came further.

The paper's encoder of cells is a graph network; here the score is linear in one-hot genes and, in small spaces, their
products. The schedule of rounds is our reading of it. With several objectives "better" is as in `ranking.best_first`.
"""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import distinct, genomes_of
from hwnas.strategies._fidelities.ladder import LadderSearch
from hwnas.surrogates.genetic.operators import mutated
from hwnas.surrogates.regressors.pairwise import fit_pairs, pairs_of, with_products

_POOL = 2000
_PAIRS = 1000


class RankNosh(LadderSearch):
    """The pyramid and its ranker.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fidelities: see `LadderSearch`.
        initial: random architectures of the first round.
        each: architectures of every further round, chosen by the ranker.
        ratio: of a rung's newcomers that go on to the next, in (0, 1); the paper found 0.4 to 0.7 alike.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
        initial: int = 20,
        each: int = 10,
        ratio: float = 0.5,
    ) -> None:
        super().__init__(space, objectives, seed, fidelities=fidelities)
        if initial < 2 or each < 1 or not 0 < ratio < 1:
            raise InputError(
                f"RANK-NOSH needs initial of at least 2, each of at least 1 and a ratio between 0 and 1, got "
                f"{initial}, {each} and {ratio}; correct them."
            )
        self.initial, self.each, self.ratio = initial, each, ratio
        self._liked: tuple[int, list[bytes]] = (-1, [])  # the ranker's choice, after so many answers

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        for rung in range(self.top - 1, -1, -1):
            rounds = self._rounds(rung)
            if rounds and len(self._asked[rung + 1]) < self._due(rung + 1, rounds):
                for name in self.best(rung):
                    if name not in self._asked[rung + 1]:
                        return name, rung + 1
        new = self._new(rng)
        return None if new is None else (new, 0)

    def _rounds(self, rung: int) -> int:
        """How many whole rounds are answered on a rung."""
        beyond = len(self._told[rung]) - self._due(rung, 1)
        return 0 if beyond < 0 else 1 + beyond // ceil(self.ratio**rung * self.each)

    def _due(self, rung: int, rounds: int) -> int:
        """How many should have reached a rung after so many rounds."""
        share = self.ratio**rung
        return ceil(share * self.initial) + (rounds - 1) * ceil(share * self.each)

    def _draw(self, n: int, rng: np.random.Generator) -> IntArray:
        answers = sum(len(told) for told in self._told)
        if len(self._fresh) < self.initial or len(self.best(0)) < 2:
            return self.space.sample(n, rng)
        if self._liked[0] != answers:
            self._liked = (answers, self._rank(rng))
        rest = [name for name in self._liked[1] if name not in self._fresh]
        return genomes_of(rest[:n], self.space) if rest else self.space.sample(n, rng)

    def _rank(self, rng: np.random.Generator) -> list[bytes]:
        """New candidates, random ones and variations of the best, best first by the ranker."""
        furthest: dict[bytes, int] = {}
        for rung in range(self.top + 1):
            furthest.update(dict.fromkeys(self.best(rung), rung))
        weights = self._weights(furthest, rng)
        leaders = genomes_of(self.best(0)[: self.each], self.space)
        varied = mutated(self.space, np.repeat(leaders, _POOL // (2 * len(leaders)), axis=0), 0.2, rng)
        pool = distinct(self.space.canonical(np.concatenate([self.space.sample(_POOL // 2, rng), varied])))
        score = with_products(self.space.one_hot(pool)) @ weights
        return [pool[i].tobytes() for i in np.argsort(-score, kind="stable")]

    def _weights(self, furthest: Mapping[bytes, int], rng: np.random.Generator) -> FloatArray:
        """Of the linear score, learnt from how far each came and how well it did there."""
        row = {name: i for i, name in enumerate(furthest)}
        groups = [
            np.array([row[name] for name in self.best(rung) if furthest[name] == rung], dtype=np.int64)
            for rung in range(self.top + 1)
        ]
        features = with_products(self.space.one_hot(genomes_of(list(furthest), self.space)))
        return fit_pairs(features, pairs_of(groups, _PAIRS, rng))


rank_nosh = RankNosh
