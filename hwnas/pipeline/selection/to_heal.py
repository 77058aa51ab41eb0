"""Which sub-networks to fine-tune, of those that were timed within a budget: some near it, one with room, one even."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import narrowed_alike
from hwnas.pipeline.selection.fitting import fitted
from hwnas.pipeline.selection.keeping import LIKELY, WITH_ROOM, Keeping


@dataclass(frozen=True)
class ToHeal:
    """A limit on the latency that is to be used up.

    Args:
        space: of the sub-networks.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times sub-networks beside the limit.
        alone: it is the only limit; what others limit is known of those that were evaluated, not of wider ones.
    """

    space: SearchSpace
    predicted: Callable[[IntArray], Prediction]
    limit_ms: float
    keeping: Keeping
    alone: bool

    def __call__(self, inside: Mapping[Architecture, float], count: int) -> list[Architecture]:
        """At most `count`, fitted to what they are likely to keep of the limit the next time, too: the best that keeps
        it with room, which it leaves; the largest whose layers are narrowed alike; then others.

        Args:
            inside: those that keep it, the best first, with the share of it that each takes.
            count: how many.
        """
        best = [a for a, share in inside.items() if share <= WITH_ROOM][:1]
        alike = self._alike() if self.alone and count > len(best) else []
        others = [a for a in inside if a not in best][: max(0, count - len(best) - len(alike))]
        chosen = [self._fitted(a, WITH_ROOM) for a in best] + [self._fitted(a, LIKELY) for a in (*alike, *others)]
        return list(dict.fromkeys([*chosen, *inside]))[:count]

    def _alike(self) -> list[Architecture]:
        found = narrowed_alike(self.space, self.predicted, self.limit_ms, self._within(LIKELY))
        return [] if found is None else [found]

    def _fitted(self, start: Architecture, share: float) -> Architecture:
        if not self.alone:
            return start
        return fitted(self.space, start, self.predicted, share * self.limit_ms, self._within(share))

    def _within(self, most: float) -> Callable[[list[Architecture]], list[Architecture]]:
        return lambda asked: [a for a, share in self.keeping(asked).items() if share <= most]
