"""What a cell costs, and what is told of it, by hand."""

import numpy as np
import pytest

from hwnas.spaces.micro_cell import micro_cell

SPACE = micro_cell()
SKIP, POOL, CONV1, CONV3 = range(4)
# Multiply-adds of stem and of what halves, of widths 8 and 16 at 8x8 and 4x4, and of ten classes.
AROUND = 9 * 8 * 64 + 9 * 8 * 16 * 16 + 16 * 10


@pytest.mark.parametrize(
    ("genome", "macs", "params"),
    [
        ((SKIP, POOL, SKIP, SKIP), 0, 0),
        ((CONV1, SKIP, SKIP, SKIP), 8 * 8 * 64 + 16 * 16 * 16, 8 * 8 + 16 + 16 * 16 + 32),
        ((SKIP, SKIP, SKIP, CONV3), 9 * (8 * 8 * 64 + 16 * 16 * 16), 9 * (8 * 8 + 16 * 16) + 48),
    ],
)
def test_each_convolution_costs_in_both_cells(genome: tuple[int, ...], macs: int, params: int) -> None:
    assert SPACE.costs is not None
    costs = SPACE.costs(np.array([genome]))
    assert costs["macs"][0] == AROUND + macs
    assert costs["params"][0] == (9 * 8 + 16) + (9 * 8 * 16 + 32) + 170 + params


@pytest.mark.parametrize(
    ("genome", "counts", "depth", "joined"),
    [
        ((SKIP, SKIP, CONV1, SKIP), [3, 0, 1, 0], 1, 1),  # through the first two edges
        ((CONV1, CONV3, SKIP, CONV3), [1, 0, 1, 2], 3, 0),
        ((CONV1, POOL, CONV3, SKIP), [1, 1, 1, 1], 1, 0),
        ((POOL, POOL, SKIP, SKIP), [2, 2, 0, 0], 0, 1),
        ((SKIP, POOL, POOL, SKIP), [2, 2, 0, 0], 0, 0),
    ],
)
def test_a_cell_is_told_by_its_operations_its_longest_path_and_whether_skips_join_its_ends(
    genome: tuple[int, ...], counts: list[int], depth: int, joined: int
) -> None:
    assert SPACE.features is not None
    assert SPACE.costs is not None
    rows = np.array([genome])
    assert SPACE.features(rows)[0].tolist() == [*counts, depth, joined, SPACE.costs(rows)["macs"][0]]
    assert list(SPACE.feature_names or ())[4:] == ["depth", "joined", "macs"]
