"""What sub-networks of different widths and depths cost, by hand."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.spaces.micro_widths import micro_widths

SPACE = micro_widths()
# Weights of the three stages of the smallest and the largest, and the pixels that they are multiplied at.
SMALLEST = [9 * 1 * 4, 9 * 4 * 8, 9 * 8 * 12]
LARGEST = [9 * (1 + 16 + 16) * 16, 9 * (16 + 32 + 32) * 32, 9 * (32 + 48 + 48) * 48]
PIXELS = [7 * 7, 4 * 4, 2 * 2]


@pytest.mark.parametrize(
    ("architecture", "weights", "last", "norms"),
    [(SPACE.smallest, SMALLEST, 12, 4 + 8 + 12), (SPACE.largest, LARGEST, 48, 3 * (16 + 32 + 48))],
)
def test_width_counts_on_both_sides_of_a_convolution(
    architecture: Architecture, weights: list[int], last: int, norms: int
) -> None:
    assert SPACE.costs is not None
    costs = SPACE.costs(SPACE.encode_many([architecture]))
    assert costs["macs"][0] == np.dot(weights, PIXELS) + last * 10
    assert costs["params"][0] == sum(weights) + 2 * norms + last * 10 + 10


def test_widths_and_depths_of_three_stages_are_free_of_each_other() -> None:
    assert SPACE.count() == (3 * 4) ** 3
