"""Which sub-networks to fine-tune, of those that were timed within a budget: some near it, one with room, one even."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import narrowed_alike
from hwnas.pipeline.selection.fitting import Fitting
from hwnas.pipeline.selection.keeping import LIKELY, WITH_ROOM


@dataclass(frozen=True)
class ToHeal:
    """A limit on the latency that is to be used up.

    Args:
        space: of the sub-networks.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times some; those that keep the limit, with the share of it that each takes.
        alone: it is the only limit; what others limit is known of those that were evaluated, not of wider ones.
    """

    space: SearchSpace
    predicted: Callable[[IntArray], Prediction]
    limit_ms: float
    keeping: Callable[[list[Architecture]], Mapping[Architecture, float]]
    alone: bool

    def __call__(self, inside: Mapping[Architecture, float], count: int) -> list[Architecture]:
        """At most `count`, fitted to what they are likely to keep of the limit the next time, too: the best that keeps
        it with room, which it leaves; the largest whose layers are narrowed alike; then others.

        Args:
            inside: those that keep it, the best first, with the share of it that each takes.
            count: how many.
        """
        best = [a for a, share in inside.items() if share <= WITH_ROOM][:1]
        alike = self._alike() if self.alone and count > len(best) else {}
        others = {a: share for a, share in inside.items() if a not in best}
        found = [self._fitted(a, inside[a], WITH_ROOM) for a in best]
        for start, share in {**alike, **others}.items():
            if len(found) == count:
                break
            found = list(dict.fromkeys([*found, self._fitted(start, share, LIKELY)]))
        return found

    def _alike(self) -> dict[Architecture, float]:
        found = narrowed_alike(self.space, self.predicted, self.limit_ms, self._within(LIKELY))
        return {} if found is None else {found: LIKELY}

    def _fitted(self, start: Architecture, share: float, most: float) -> Architecture:
        """Near `start`, which takes a `share` of the limit, one that takes `most` of it."""
        if not self.alone:
            return start
        fitting = Fitting(self.space, self.predicted, most * self.limit_ms, self._within(most))
        return fitting.widened(start if share <= most else fitting.narrowed(start))

    def _within(self, most: float) -> Callable[[list[Architecture]], list[Architecture]]:
        return lambda asked: [a for a, share in self.keeping(asked).items() if share <= most]
