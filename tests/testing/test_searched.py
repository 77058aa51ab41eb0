"""What strategies search in their contract, by hand."""

from math import sqrt

import pytest

from hwnas.testing._searched import OBJECTIVES, SMALL_SPACE, SPACE, figures


def test_the_spaces_have_as_many_architectures_as_multiply_out() -> None:
    assert SMALL_SPACE.count() == 3 * 3**2 + 3 * 3**3  # kinds times kernels, for each depth
    assert SPACE.count() == SMALL_SPACE.count() + 3 * 3**4


def test_both_figures_grow_with_the_genes_and_a_convolution_counts_for_two_more() -> None:
    smallest = SPACE.architecture({"depth": 2, "kind": "conv", "kernel0": 3, "kernel1": 3, "fixed": 1})
    assert figures(smallest) == {"accuracy": pytest.approx(sqrt(2.0)), "latency_ms": pytest.approx(3.0)}
    pooled = SPACE.architecture({"depth": 3, "kind": "pool", "kernel0": 5, "kernel1": 7, "kernel2": 3, "fixed": 1})
    assert figures(pooled) == {  # genes 1, 1, 1, 2 and 0: five in all
        "accuracy": pytest.approx(sqrt(5 + 0.3 * 1)),
        "latency_ms": pytest.approx(1 + 5 * (1 + 0.2 * 2)),
    }
    assert [objective.direction for objective in OBJECTIVES] == ["max", "min"]
