"""Sub-networks widened, or narrowed, until they just use a budget up.

A search before any training finds few that do: it judges by what sub-networks are worth then, and as few are evaluated,
the best of them leave a tenth of a budget or more, or keep it by so little that the next timing says they do not. Of a
U-Net with 17 widths, five took 0.83 to 0.92 of the limit; each was 1.1 to 1.9 points of mean IoU better after
fine-tuning once it was widened (`benchmarks/shrink_peers.py`).
"""

from collections.abc import Callable, Collection
from itertools import pairwise

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.evenly import largest_within, widths_of

_NEAR = (0.9, 1.1)  # shares of a limit, as predictions err


def fitted(
    space: SearchSpace,
    start: Architecture,
    predicted: Callable[[IntArray], Prediction],
    limit_ms: float,
    keeping: Callable[[list[Architecture]], Collection[Architecture]],
) -> Architecture:
    """The largest on the way through `start` that keeps a limit on the latency; `start` where none does.

    Args:
        space: of the architectures.
        start: what is widened or narrowed.
        predicted: latencies of genomes.
        limit_ms: what to compare these with.
        keeping: times some and gives back those that keep the limit.
    """
    narrower = way(space, start, predicted, _NEAR[0] * limit_ms, -1)
    wider = way(space, start, predicted, _NEAR[1] * limit_ms, 1)
    whole = [*wider[:0:-1], *narrower]
    if len(whole) == 1:
        return start
    return largest_within(whole, predicted(space.encode_many(whole)).mean, limit_ms, keeping) or start


def way(
    space: SearchSpace,
    start: Architecture,
    predicted: Callable[[IntArray], Prediction],
    until_ms: float,
    towards: int,
) -> list[Architecture]:
    """`start`, and from each the next, until `until_ms` is reached or no width has an option left: with one width at
    its next larger option (`towards` 1), that of which a doubling is predicted to cost least; or at its next smaller
    one (-1), that of which a halving is predicted to save most.
    """
    following = {name: dict(pairwise(sizes[::towards])) for name, sizes in widths_of(space).items()}
    made, at_ms = [start], float(predicted(space.encode_many([start])).mean[0])
    while towards * (until_ms - at_ms) > 0:
        here = made[-1]
        sizes = {name: int(here[name]) for name in following if name in here}  # others are of blocks that are left out
        steps = [(name, size, following[name][size]) for name, size in sizes.items() if size in following[name]]
        if not steps:
            break
        each = [space.architecture({**here, name: size}) for name, _, size in steps]
        latency_ms = predicted(space.encode_many(each)).mean
        doublings = np.log2([size / before for _, before, size in steps])
        best = int((towards * (latency_ms - at_ms) / doublings).argmin())
        made.append(each[best])
        at_ms = float(latency_ms[best])
    return made
