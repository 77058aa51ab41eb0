"""Scores are the task's, of the network or of the very file, and nothing that is no score gets through."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE, Batch
from hwnas.evaluation.scores import agreement_of, scores_of, scores_of_file, scores_of_network
from hwnas.export.writer import write_onnx
from hwnas.testing._own_cnn import own_cnn, randomise
from hwnas.testing._tiny_task import TinyTask
from tests.odd_tasks import Elsewhere

SUPERNET = own_cnn()
randomise(SUPERNET)
SPECS = SUPERNET.space.inputs


def test_a_file_is_scored_as_it_is_and_not_as_the_network_beside_it(tmp_path: Path) -> None:
    task = TinyTask(SPECS[0], n=60)
    report, space = task.examples("report"), SUPERNET.space
    small, large = SUPERNET.extract(space.smallest), SUPERNET.extract(space.largest)
    path = write_onnx(large, SPECS, tmp_path / "model.onnx")
    scores = scores_of_file(task, path, report)
    assert np.array_equal(scores, scores_of_network(task, large, SPECS, report))
    assert not np.array_equal(scores, scores_of_network(task, small, SPECS, report))
    with torch.no_grad():
        right = large(torch.from_numpy(report.inputs[0])).argmax(1).numpy() == report.labels
    assert np.array_equal(scores, right)
    streaming = Elsewhere(report)
    assert np.array_equal(scores, scores_of_file(task, path, streaming))
    assert np.array_equal(scores, scores_of_network(task, large, SPECS, streaming))
    assert max(streaming.asked) == 7


def test_scores_are_those_of_the_task_whatever_they_mean() -> None:
    class Logarithmic(TinyTask):
        figure = Objective("likelihood", "min", "nat")

        def score(self, output: Tensor, batch: Batch) -> Tensor:
            return -output.log_softmax(1).gather(1, batch.labels[:, None])[:, 0]

    task = Logarithmic(SPECS[0])
    examples = task.examples("search")
    outputs = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
    scores = scores_of(task, [outputs[:10], outputs[10:]], examples)
    softened = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, -np.log(softened[np.arange(24), examples.labels]), rtol=1e-5)
    assert agreement_of(task, [outputs], [outputs]) is None


def test_two_versions_agree_where_they_choose_the_same_class() -> None:
    task = TinyTask(SPECS[0])
    a = np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    b = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    assert agreement_of(task, [a[:1], a[1:]], [b]) == 0.75


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_no_numbers_are_no_scores(value: float) -> None:
    task = TinyTask(SPECS[0])
    outputs = np.zeros((24, 3), np.float32)
    outputs[[3, 7], 1] = value
    with pytest.raises(InputError, match="no finite numbers, for 2 of 24 examples of task 'tiny'"):
        scores_of(task, [outputs], task.examples("search"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda n: torch.zeros(n, 1), r"one figure per example, \(24,\), got \(24, 1\)"),
        (lambda n: torch.tensor(0.5), r"one figure per example, \(24,\), got \(\)"),  # noqa: ARG005
        (lambda n: [0.0] * n, "got list"),
        (lambda n: torch.full((n,), torch.nan), "gives nan; make it finite"),
        (lambda n: torch.full((n,), 97.0), "gives 97 to 97, and its figure 'hits' is a share"),
    ],
)
def test_a_score_that_is_not_one_finite_figure_per_example_is_refused(wrong, words: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    class Wrong(TinyTask):
        figure = Objective("hits", "max", SHARE)

        def score(self, output: Tensor, batch: Batch) -> Tensor:  # noqa: ARG002
            found: Tensor = wrong(len(output))
            return found

    task = Wrong(SPECS[0])
    with pytest.raises(InputError, match=words):
        scores_of(task, [np.zeros((24, 3), np.float32)], task.examples("search"))
