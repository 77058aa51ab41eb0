"""What a predictor is shown of an architecture: its active options, and what the space says matters to hardware."""

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace


def features(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Every active option as 0/1, then the space's own features if it has any, ``(n, g) -> (n, f)``."""
    shown = space.one_hot(genomes)
    if space.features is None:
        return shown
    return np.concatenate([shown, space.features(genomes)], axis=1)


def feature_names(space: SearchSpace) -> tuple[str, ...]:
    """One name per column of `features`."""
    options = tuple(f"{choice.name}={option}" for choice in space.choices for option in choice.options)
    return options + (space.feature_names if space.features is not None else ())
