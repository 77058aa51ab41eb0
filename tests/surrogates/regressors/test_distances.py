"""Paths through a cell: equal for cells that compute alike."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.distances import path_features, tanimoto

OPERATIONS = ("none", "skip", "conv")
CELL = SearchSpace([Choice(name, OPERATIONS, ordered=False) for name in ("a", "b", "c", "d", "whole")])
PATHS = [("a", "b"), ("c", "d"), ("whole",)]
FEATURES = path_features(CELL, PATHS, broken="none")


def test_there_is_a_column_for_each_sequence_of_options_and_equal_paths_share_it() -> None:
    assert FEATURES(np.array([[1, 2, 0, 2, 2]])).sum() == 2  # c-d is interrupted
    assert FEATURES(np.zeros((1, 5), dtype=np.int64)).shape == (1, 9 + 3)


def test_isomorphic_cells_are_equal_and_dead_ones_too() -> None:
    genomes = np.array([[1, 2, 2, 2, 1], [2, 2, 1, 2, 1], [0, 1, 1, 0, 0], [0, 2, 0, 0, 0], [1, 1, 1, 1, 1]])
    apart = tanimoto(FEATURES)(genomes, genomes)[0]
    assert apart[0, 1] == 0
    assert apart[2, 3] == 0
    assert apart[0, 2] == 1
    assert 0 < apart[0, 4] < 1


@pytest.mark.parametrize("paths", [[("a", "e")], [()]])
def test_paths_of_unknown_choices_are_refused(paths: list[tuple[str, ...]]) -> None:
    with pytest.raises(InputError, match="Paths are made of choice names"):
        path_features(CELL, paths)


def test_paths_that_are_too_long_are_refused() -> None:
    long = SearchSpace([Choice(f"c{i}", (1, 2, 3)) for i in range(9)])
    with pytest.raises(InputError, match="19683 sequences"):
        path_features(long, [long.names])
