"""What a task says by default, and what it refuses to guess."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import ACCURACY, Batch, Examples, Split, Task


class Plain(Task):
    """Three attributes and a method, and no more."""

    name = "plain"
    classes = 3
    inputs = (InputSpec("x", (2,)),)

    def examples(self, split: Split) -> Examples:
        raise InputError(split)


class Regression(Plain):
    """One figure per example, and how far off it is."""

    classes = 1
    figure = Objective("error", "min", "mm")

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).square().mean()

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return (output[:, 0] - batch.labels).abs()


def batch(*labels: object) -> Batch:
    return Batch((), torch.tensor(labels))


def test_a_task_of_three_attributes_is_a_classification_by_accuracy() -> None:
    task, logits = Plain(), torch.tensor([[0.0, 2.0, 1.0], [3.0, 1.0, 1.0]])
    assert (task.preprocessing, dict(task.provenance), task.figure) == (None, {}, ACCURACY)
    assert task.score(logits, batch(1, 2)).tolist() == [1.0, 0.0]
    assert task.answer(logits).tolist() == [1, 0]  # type: ignore[union-attr]
    by_hand = (math.log(1 + math.exp(-2) + math.exp(-1)) + 2 + math.log(1 + 2 * math.exp(-2))) / 2
    assert task.loss(logits, batch(1, 2)).item() == pytest.approx(by_hand)


def test_where_every_place_has_a_label_the_score_is_the_share_of_places_and_classes_are_on_axis_1() -> None:
    logits = torch.zeros(2, 3, 4)
    logits[:, 2] = 1
    labels = torch.tensor([[2, 2, 2, 0], [1, 1, 2, 0]])
    assert Plain().score(logits, Batch((), labels)).tolist() == [0.75, 0.25]
    assert Plain().loss(logits, Batch((), labels)).item() == pytest.approx(F.cross_entropy(logits, labels).item())


def test_distillation_runs_over_the_classes_wherever_else_the_output_is_wide() -> None:
    output, teacher = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    by_hand = -(teacher.softmax(1) * output.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(Plain().distil(output, teacher), by_hand)


@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((2, 4), (0, 1)),  # more outputs than classes
        ((2, 2), (0, 1)),  # fewer
        ((2, 1), (0, 1)),  # one logit
        ((2,), (0, 1)),
        ((2, 3), ((0,), (1,))),  # a column of labels
        ((2, 3), ((0, 1, 0), (1, 0, 0))),  # one-hot labels
        ((2, 5, 3), ((0, 1, 2, 0, 1), (1, 0, 2, 2, 2))),  # classes on the last axis
    ],
)
def test_outputs_that_are_no_logits_of_the_classes_are_neither_learnt_nor_scored(
    shape: tuple[int, ...], labels: tuple[object, ...]
) -> None:
    for judged in (Plain().loss, Plain().score):
        with pytest.raises(InputError, match=r"has 3 classes and labels \(2.*\), so a network should give logits"):
            judged(torch.zeros(shape), batch(*labels))


def test_a_task_with_a_loss_of_its_own_says_itself_how_to_distil() -> None:
    output = torch.tensor([[1.0], [2.0]])
    assert Regression().loss(output, batch(1.0, 4.0)).item() == 2.0
    assert Regression().answer(output) is None
    with pytest.raises(InputError, match=r"'plain' has a loss of its own.*give the task a `distil"):
        Regression().distil(output, output)


def test_preprocessing_per_channel_is_that_of_every_channel_alone() -> None:
    raw = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4)).astype(np.uint8)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    whole = Preprocessing(1 / 255, mean, np.array(std))  # type: ignore[arg-type]  # as torchvision's users have them
    assert (whole.channels, whole.std) == (3, std)
    prepared = whole(raw)
    assert prepared.dtype == np.float32
    for i in range(3):
        np.testing.assert_array_equal(prepared[:, i], Preprocessing(1 / 255, mean[i], std[i])(raw[:, i]))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ((1.0, 0.0, 0.0), "deviations above 0"),
        ((1.0, math.nan, 1.0), "finite"),
        ((1.0, (0.1, 0.2), (0.1, 0.2, 0.3)), "as many means as deviations"),
        (((1.0, 2.0), 0.0, 1.0), "one scale"),
        ((1.0, "0.5", 1.0), "takes numbers"),
        ((1.0, None, 1.0), "takes numbers"),
        ((1.0, (), ()), "as many means as deviations"),
    ],
)
def test_preprocessing_that_makes_no_sense_is_refused(figures: tuple[object, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Preprocessing(*figures)  # type: ignore[arg-type]
