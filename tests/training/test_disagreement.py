import numpy as np
import pytest
import torch

from hwnas.training._disagreement import Disagreement, alone, cosine, divide


def test_groups_have_the_most_distance_between_them() -> None:
    distances = np.array([[0, 0.1, 1.0, 0.9], [0.1, 0, 0.8, 1.0], [1.0, 0.8, 0, 0.2], [0.9, 1.0, 0.2, 0]])
    between, groups = divide(distances)
    assert groups == ([0, 1], [2, 3])
    assert between == pytest.approx(1.0 + 0.9 + 0.8 + 1.0)
    assert divide(np.array([[0.0, 0.3], [0.3, 0.0]])) == (0.3, ([0], [1]))


def test_a_cosine_is_over_the_tensors_that_both_reach() -> None:
    first = {"a": torch.tensor([1.0, 0.0]), "own": torch.tensor([9.0])}
    second = {"a": torch.tensor([1.0, 1.0]), "other": torch.tensor([9.0])}
    assert cosine(first, second) == pytest.approx(0.5**0.5)
    assert cosine(first, {"other": torch.ones(1)}) == 0.0


def test_gradients_that_add_up_are_told_apart() -> None:
    sums = [{"a": torch.tensor([1.0])}, {"a": torch.tensor([1.0]), "b": torch.tensor([2.0])}]
    own = alone(sums)
    assert own == [{"a": torch.tensor([1.0])}, {"b": torch.tensor([2.0])}]


def test_a_choice_that_was_compared_oftener_does_not_count_for_more() -> None:
    first, second = {"a": torch.tensor([1.0, 0.0])}, {"a": torch.tensor([0.0, 1.0])}
    distances = Disagreement()
    for _ in range(3):
        distances.add(0, "width", [first, second])
    distances.add(0, "depth", [first, second])
    width, depth = distances.of(0, "width"), distances.of(0, "depth")
    assert width is not None
    np.testing.assert_array_equal(width, [[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(width, depth)
    assert distances.of(1, "width") is None


def test_distances_go_on_where_they_stood() -> None:
    distances, again = Disagreement(), Disagreement()
    distances.add(0, "width", [{"a": torch.tensor([1.0])}, {"a": torch.tensor([-1.0])}])
    again.restore(distances.state())
    assert again.state() == distances.state()
    distances.forget()
    assert distances.of(0, "width") is None
