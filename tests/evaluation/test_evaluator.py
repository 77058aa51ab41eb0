"""Figures of sub-networks: the same when asked again, whatever the scores are, and anew where the rule changed."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import hwnas
from hwnas.archive import Archive
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import Batch, Examples, Split
from hwnas.evaluation.evaluator import Evaluator
from hwnas.tasks._class_goals import balanced_accuracy
from hwnas.tasks._goal import OfLabels, Summary
from hwnas.testing._own_cnn import own_cnn, randomise
from hwnas.testing._tiny_task import TinyTask

SUPERNET = own_cnn()
randomise(SUPERNET)
SPACE = SUPERNET.space


class Margin(TinyTask):
    """Scored by figures that are neither shares nor exact in few digits."""

    figure = Objective("margin", "max", "logits")

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return output.gather(1, batch.labels[:, None])[:, 0] - output.mean(1)


class Balanced(TinyTask):
    """Two figures of each example, and a summary of all."""

    figure = Objective("balanced", "max")

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return torch.stack([batch.labels, output.argmax(1)], dim=1).float()

    def summary(self, scores: FloatArray) -> float:
        return balanced_accuracy(scores)


class OfOne(Balanced):
    """One figure of each example in a row of its own, all 0 or 1."""

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return output.argmax(1).eq(batch.labels).float()[:, None]

    def summary(self, scores: FloatArray) -> float:
        return float(scores[:, 0].mean())


@pytest.mark.parametrize("make", [TinyTask, Margin, Balanced, OfOne])
def test_what_was_evaluated_is_answered_from_the_archive_and_the_same(make: type[TinyTask]) -> None:
    archive, task = Archive(), make(SPACE.inputs[0])
    first = Evaluator(SUPERNET, task, archive)
    assert first.measured(SPACE.middle) is None
    scores = first.scores(SPACE.middle)
    again = Evaluator(SUPERNET, task, archive)
    known = again.measured(SPACE.middle)
    assert known is not None
    np.testing.assert_array_equal(known, scores)
    assert known.shape == scores.shape
    assert list(again.figures([SPACE.middle])) == [task.summary(scores)]
    assert again.seconds(SPACE.middle) > 0


def test_another_rule_of_scoring_is_not_answered_with_the_old_scores() -> None:
    archive = Archive()
    Evaluator(SUPERNET, TinyTask(SPACE.inputs[0]), archive).scores(SPACE.middle)
    assert Evaluator(SUPERNET, Margin(SPACE.inputs[0]), archive).measured(SPACE.middle) is None


def test_another_score_of_a_task_in_one_call_is_not_answered_with_the_old_scores() -> None:
    x = np.random.default_rng(0).normal(size=(60, *SPACE.inputs[0].shape)).astype(np.float32)
    parts = [(x[i::3], np.arange(20) % 3) for i in range(3)]

    def task_of(score: OfLabels, summary: Summary | None = None) -> hwnas.Task:
        figure = hwnas.Objective("own", "max")
        return hwnas.task(
            parts[0], search=parts[1], report=parts[2], figure=figure, loss=nn.functional.cross_entropy, score=score,
            summary=summary,
        )  # fmt: skip

    archive = Archive()
    tasks = [
        task_of(lambda output, labels: output[:, 0] + 0 * labels),
        task_of(lambda output, labels: output[:, 1] + 0 * labels),
        task_of(lambda output, labels: output[:, 1] + 0 * labels, lambda scores: float(np.median(scores))),
    ]
    figures = [next(Evaluator(SUPERNET, task, archive).figures([SPACE.middle])) for task in tasks]
    assert len(set(figures)) == 3


class Powered(TinyTask):
    figure = Objective("powered", "max")

    def __init__(self, spec: hwnas.InputSpec, power: int) -> None:
        super().__init__(spec)
        self.power = power

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        return output.gather(1, batch.labels[:, None])[:, 0] ** self.power


def test_a_task_with_another_setting_is_not_answered_with_the_old_scores() -> None:
    archive = Archive()
    figures = [
        next(Evaluator(SUPERNET, Powered(SPACE.inputs[0], power), archive).figures([SPACE.middle])) for power in (1, 2)
    ]
    assert figures[0] != figures[1]


def test_a_score_made_with_another_value_is_not_answered_with_the_old_scores() -> None:
    x = np.random.default_rng(0).normal(size=(60, *SPACE.inputs[0].shape)).astype(np.float32)
    parts = [(x[i::3], np.arange(20) % 3) for i in range(3)]

    def score_of(place: int) -> OfLabels:
        return lambda output, labels: output[:, place] + 0 * labels

    typed: dict[str, OfLabels] = {}
    scores = [score_of(0), score_of(1)]
    for place in (2, 0):  # as typed in at a prompt, where there is no source
        exec(f"def score(output, labels): return 2 * output[:, {place}] + 0 * labels", typed)  # noqa: S102
        scores.append(typed["score"])
    archive, figure = Archive(), hwnas.Objective("own", "max")
    tasks = [
        hwnas.task(
            parts[0], search=parts[1], report=parts[2], figure=figure, loss=nn.functional.cross_entropy, score=score
        )
        for score in scores
    ]
    assert len({next(Evaluator(SUPERNET, task, archive).figures([SPACE.middle])) for task in tasks}) == 4


def test_sorted_training_data_calibrates_as_mixed_data_does() -> None:
    class Sorted(TinyTask):
        def examples(self, split: Split) -> Examples:
            found = super().examples(split)
            return found.take(np.argsort(found.labels, kind="stable")) if split == "train" else found

    drawn = Evaluator(SUPERNET, Sorted(SPACE.inputs[0], n=3000), Archive()).calibration
    assert len(drawn) == 500
    assert np.bincount(drawn.labels).min() > 130  # of 167 expected of each class
    for first in range(0, 500, 125):  # and every batch of batch-norm is as mixed
        assert np.bincount(drawn.labels[first : first + 125], minlength=3).min() > 20


def test_scores_of_networks_whose_code_was_changed_are_measured_anew() -> None:
    """The tensors are the same, what is done with them is not: old scores came back as new."""

    class Net(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(8 * 8, width), nn.Linear(width, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.first(x.flatten(1)).relu())

    class Negated(Net):
        def forward(self, x: Tensor) -> Tensor:
            return -super().forward(x)

    task, archive = TinyTask(SPACE.inputs[0]), Archive(":memory:")
    made = [
        hwnas.Supernet.from_builder(lambda a, net=net: net(a["w"]), [hwnas.Choice("w", (4, 8))], task.inputs)
        for net in (Net, Net, Negated)
    ]
    shared = made[0].shared
    for supernet in made[1:]:
        supernet.adopt(shared)
    asked = [Evaluator(supernet, task, archive) for supernet in made]
    first, again, negated = (next(one.figures([one.supernet.space.largest])) for one in asked)
    assert first == again != negated
    assert len({one.searched for one in asked}) == 2
