"""Which architectures of a new device to time: those that bound the space, then the most informative."""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.sampling import bounds, draw
from hwnas.pipeline.predictions.transfer_sources import tables_of
from hwnas.predictors import features
from hwnas.predictors.transfer import transfer_timings
from hwnas.profiling.table import TransferSource

POOL = 600  # architectures to choose from
MOST_INFORMATIVE = 24  # of a sample; beyond that, random ones are as informative


def informative_genomes(space: SearchSpace, sources: Sequence[TransferSource], n: int, seed: int) -> IntArray:
    """Canonical genomes ``(n, g)`` to time on a new device: the `bounds`, then the most informative ones, given the
    tables of other devices; fewer when the space has fewer.

    Raises:
        InputError: `n` is not positive.
    """
    pool = draw(space, max(n, POOL), seed)
    fixed = np.arange(min(n, len(bounds(space))))
    wanted = min(n, MOST_INFORMATIVE, len(pool)) - len(fixed)
    chosen = fixed
    if wanted > 0:
        told = transfer_timings(tables_of(sources, space), features(space, pool), wanted, space, timed=fixed)
        chosen = np.concatenate([fixed, told])
    rest = np.setdiff1d(np.arange(len(pool)), chosen)[: max(0, n - len(chosen))]
    return np.asarray(pool[np.concatenate([chosen, rest])])
