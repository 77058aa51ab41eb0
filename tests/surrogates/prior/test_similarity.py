"""Squared-exponential kernels of scaled distances, by hand."""

import numpy as np
import pytest

from hwnas.surrogates.prior.similarity import Nearness

ROWS = np.array([[0.0, 1.0, 5.0], [1.0, 0.0, 7.0], [1.0, 0.0, 9.0]])  # two genes, and a figure of the space


def test_what_is_the_same_is_as_near_as_can_be_and_lengths_are_in_median_distances() -> None:
    near = Nearness(ROWS, 2)
    kernels = list(near.each(ROWS, np.ones(len(near), dtype=bool)))
    assert len(kernels) == len(near) == 6
    for kernel in kernels:
        assert np.diag(kernel) == pytest.approx(1.0)
    # Genes: squared distances 2, 2 and 0, so the median is 2 and one length away is exp(-1/2).
    assert kernels[1][0] == pytest.approx([1, np.exp(-0.5), np.exp(-0.5)])
    assert kernels[0][0, 1] == pytest.approx(np.exp(-0.5 / 0.25))
    assert kernels[2][0, 1] == pytest.approx(np.exp(-0.5 / 4))
    # The figure: squared distances are as 4, 16 and 4, with the median 4.
    assert kernels[4][0] == pytest.approx([1, np.exp(-0.5), np.exp(-2)])


def test_kernels_that_are_not_wanted_are_not_computed() -> None:
    near = Nearness(ROWS, 2)
    kernels = list(near.each(ROWS, np.array([False, True, False, False, False, False])))
    assert [kernel.shape for kernel in kernels] == [(1, 1), (3, 3), (1, 1), (1, 1), (1, 1), (1, 1)]


def test_a_space_without_features_is_seen_by_its_genes_alone() -> None:
    assert len(Nearness(ROWS[:, :2], 2)) == 3
