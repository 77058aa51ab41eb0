"""Sub-networks widened until they use a budget up.

A search before any training finds few that do: it judges by what sub-networks are worth then, and as few are evaluated,
the best of them leave a tenth of a budget or more. Of a U-Net with 17 widths, five were 0.83 to 0.92 of the limit; each
was 1.1 to 1.9 points of mean IoU better after fine-tuning once it was widened (`benchmarks/shrink_peers.py`).
"""

from collections.abc import Callable, Collection
from itertools import pairwise

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import largest_within, widths_of

_MOST = 1.1  # of a limit, as predictions err


def filled(
    space: SearchSpace,
    start: Architecture,
    predicted: Callable[[IntArray], Prediction],
    limit_ms: float,
    keeping: Callable[[list[Architecture]], Collection[Architecture]],
) -> Architecture:
    """The largest on the way from `start` that keeps a limit on the latency; `start` where none does.

    Args:
        space: of the architectures.
        start: what is widened.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times some and gives back those that keep the limit.
    """
    way = widened(space, start, predicted, _MOST * limit_ms)[:0:-1]
    latency_ms = predicted(space.encode_many(way)).mean if way else np.zeros(0)
    return largest_within(way, latency_ms, limit_ms, keeping) or start


def widened(
    space: SearchSpace, start: Architecture, predicted: Callable[[IntArray], Prediction], most_ms: float
) -> list[Architecture]:
    """`start`, and from each the next: with the next larger option of that width of which a doubling is predicted to
    cost least, until `most_ms` is reached or nothing can be widened.
    """
    larger = {name: dict(pairwise(sizes)) for name, sizes in widths_of(space).items()}
    way, at_ms = [start], float(predicted(space.encode_many([start])).mean[0])
    while at_ms < most_ms:
        here = way[-1]
        sizes = {name: int(here[name]) for name in larger if name in here}  # others are of blocks that are left out
        steps = [(name, size, larger[name][size]) for name, size in sizes.items() if size in larger[name]]
        if not steps:
            break
        wider = [space.architecture({**here, name: size}) for name, _, size in steps]
        latency_ms = predicted(space.encode_many(wider)).mean
        doublings = np.log2([size / before for _, before, size in steps])
        best = int(((latency_ms - at_ms) / doublings).argmin())
        way.append(wider[best])
        at_ms = float(latency_ms[best])
    return way
