"""What a predictor is shown of an architecture: its active options, and what matters to hardware.

The latter as the space says it; where it says nothing and can build networks, as tracing them finds it.
"""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors._traced import described


def features(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Every active option as 0/1, then the features of hardware if there are any, ``(n, g) -> (n, f)``."""
    space = described(space)
    own = space.features(genomes) if space.features is not None else np.empty((len(genomes), 0))
    options = int(space.sizes.sum())
    shown = np.zeros((len(genomes), options + own.shape[1]))
    # As `SearchSpace.one_hot`, but written in place: searches call this for millions of genomes.
    column = genomes + np.cumsum(space.sizes) - space.sizes
    row = np.arange(len(genomes))[:, None] * shown.shape[1]
    shown.reshape(-1)[(row + column)[space.active(genomes)]] = 1
    shown[:, options:] = own
    return shown


def feature_names(space: SearchSpace) -> tuple[str, ...]:
    """One name per column of `features`."""
    space = described(space)
    options = tuple(f"{choice.name}={option}" for choice in space.choices for option in choice.options)
    return options + (space.feature_names if space.features is not None else ())
