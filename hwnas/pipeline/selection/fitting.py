"""Sub-networks widened, or narrowed, until they just use a budget up.

A search before any training finds few that do: it judges by what sub-networks are worth then, and as few are evaluated,
the best of them leave a tenth of a budget or more, or keep it by so little that the next timing says they do not.
`python benchmarks/shrink_peers.py FOLDER --network unet --ways hwnas` handed out 47.9 % of 52.8 % at 2.26 times the
speed before, where two was asked for, and 48.7 % at 2.15 times since; one run each.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import largest_within, widths_of

_BELOW, _ABOVE = 0.9, 1.1  # of a limit: how far a way goes, as predictions err
_ROUNDS = 2  # of timing, which tell some 25 apart


@dataclass(frozen=True)
class Fitting:
    """Finds sub-networks near another one that just use a limit on the latency up.

    Args:
        space: of the sub-networks; its largest is none of them.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times some and gives back those that keep the limit.
    """

    space: SearchSpace
    predicted: Callable[[IntArray], Prediction]
    limit_ms: float
    keeping: Callable[[list[Architecture]], Collection[Architecture]]

    def narrowed(self, start: Architecture) -> Architecture:
        """The largest that keeps the limit on the way from `start` on which each step takes one width at its next
        smaller option: that of which a halving is predicted to save most. `start` where none does.
        """
        return self._largest(self.way(start, -1)[1:]) or start

    def widened(self, start: Architecture) -> Architecture:
        """The largest that keeps the limit on the way from `start` on which each step takes one width at its next
        larger option: that of which a doubling is predicted to cost least, of those predicted within the limit while
        there are such. `start` where none does.
        """
        return self._largest(self.way(start, 1)[:0:-1]) or start

    def way(self, start: Architecture, towards: int) -> list[Architecture]:
        """Each from the one before, the first from `start`, which it begins with, until the latency is a tenth beyond
        the limit or no width has an option left; `towards` larger (1) or smaller (-1) options.
        """
        until_ms = (_ABOVE if towards > 0 else _BELOW) * self.limit_ms
        following = {name: dict(pairwise(sizes[::towards])) for name, sizes in widths_of(self.space).items()}
        made, at_ms = [start], float(self.predicted(self.space.encode_many([start])).mean[0])
        while towards * (until_ms - at_ms) > 0:
            here = made[-1]
            sizes = {name: int(here[name]) for name in following if name in here}  # others are of blocks left out
            steps = [(name, size, following[name][size]) for name, size in sizes.items() if size in following[name]]
            if not steps:
                break
            each = [self.space.architecture({**here, name: size}) for name, _, size in steps]
            latency_ms = self.predicted(self.space.encode_many(each)).mean
            price = towards * (latency_ms - at_ms) / np.log2([size / before for _, before, size in steps])
            fits = latency_ms <= self.limit_ms
            if towards > 0 and fits.any():
                price[~fits] = np.inf
            best = int(price.argmin())
            made.append(each[best])
            at_ms = float(latency_ms[best])
        return made

    def _largest(self, on_way: list[Architecture]) -> Architecture | None:
        narrowed = [a for a in on_way if a != self.space.largest]
        if not narrowed:
            return None
        latency_ms = self.predicted(self.space.encode_many(narrowed)).mean
        return largest_within(narrowed, latency_ms, self.limit_ms, self.keeping, _ROUNDS)
