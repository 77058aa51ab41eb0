"""Scores of numbers and of several labels, by hand."""

import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.tasks._number_goals import GOALS, several, several_softened

SQUARED, ABSOLUTE, SEVERAL = GOALS
OUTPUT, LABELS = torch.tensor([[1.0, 2.0], [3.0, 6.0]]), torch.tensor([[1.0, 0.0], [3.0, 3.0]])


def test_squares_and_distances_are_means_over_the_figures_of_an_example_then_over_examples() -> None:
    assert SQUARED.score(OUTPUT, LABELS).tolist() == [2.0, 4.5]
    assert SQUARED.loss(OUTPUT, LABELS).item() == 3.25
    assert ABSOLUTE.score(OUTPUT, LABELS).tolist() == [1.0, 1.5]
    assert ABSOLUTE.loss(OUTPUT, LABELS).item() == 1.25


def test_one_number_an_example_may_have_an_axis_of_its_own_or_none() -> None:
    assert SQUARED.score(torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 3.0])).tolist() == [4.0, 1.0]
    with pytest.raises(InputError, match="should hold as many figures for each example"):
        SQUARED.score(torch.zeros(2, 3), torch.zeros(2))


def test_of_several_labels_the_share_that_is_right_counts_and_nought_is_no_yes() -> None:
    output, labels = torch.tensor([[2.0, -1.0, 0.0], [-1.0, 1.0, 1.0]]), torch.tensor([[1, 0, 0], [1, 0, 1]])
    assert SEVERAL.score(output, labels).tolist() == [1.0, pytest.approx(1 / 3)]
    assert SEVERAL.answer is not None
    assert SEVERAL.answer(output).tolist() == [[1, 0, 0], [0, 1, 1]]
    with pytest.raises(InputError, match="labels of 0 and 1"):
        SEVERAL.score(output, labels + 1)


def test_the_loss_of_several_is_their_cross_entropy_and_a_teacher_speaks_in_chances() -> None:
    output = torch.tensor([[0.0, 0.0]])
    assert several(output, torch.tensor([[1, 0]])).item() == pytest.approx(0.6931472)  # log 2
    sure = torch.tensor([[3.0]])
    chance = 1 / (1 + 2.718281828**-3)
    by_hand = -(chance * torch.log(torch.tensor(chance)) + (1 - chance) * torch.log(torch.tensor(1 - chance)))
    assert several_softened(sure, sure).item() == pytest.approx(by_hand.item(), rel=1e-5)
    assert [goal.figure.direction for goal in GOALS] == ["min", "min", "max"]


def test_outputs_without_a_second_axis_are_compared_with_their_labels() -> None:
    output, labels = torch.tensor([1.0, -2.0]), torch.tensor([0.0, 1.0])
    goals = {goal.figure.name: goal for goal in GOALS}
    assert goals["mean_squared_error"].score(output, labels).tolist() == [1, 9]
    assert goals["mean_absolute_error"].score(output[:, None], labels).tolist() == [1, 3]
    assert goals["multi_label_accuracy"].score(output, labels).tolist() == [0, 0]
