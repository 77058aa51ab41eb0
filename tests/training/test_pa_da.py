from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Context, Job, Output, Statistics
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.pa_da import averaged, distances_from_labels, importance, pa_da
from tests.steps import step_of

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])


def told(method: object, gradients: dict[str, float], *, index: int = 4, ends: bool = True) -> None:
    """Tell the method of a step for each width, with a gradient of that length in a tensor of four values."""
    for width, norm in gradients.items():
        parameter = nn.Parameter(torch.zeros(4))
        parameter.grad = torch.tensor([norm, 0.0, 0.0, 0.0])
        step = step_of(SPACE, index)
        context = Context(step, TASK, {"w": parameter})
        architecture = SPACE.architecture({**SPACE.largest, "width": int(width)})
        context.outputs.append((Job(architecture, "random"), Output(torch.zeros(4, 3))))
        method.architectures.on_step(Statistics(context, 1.0, {}, ends_epoch=ends, ends_stage=False))  # type: ignore[attr-defined]


def widths(method: object, draws: int = 2000) -> float:
    rng = np.random.default_rng(0)
    plan = method.architectures.plan  # type: ignore[attr-defined]
    return float(np.mean([plan(step_of(SPACE), rng)[0].architecture["width"] == 4 for _ in range(draws)]))


def test_importance_mixes_shares_of_the_figures_with_equal_ones() -> None:
    assert importance(np.array([1.0, 3.0]), 0.5).tolist() == [0.375, 0.625]
    assert importance(np.array([1.0, 3.0]), 0.0).tolist() == [0.5, 0.5]
    assert importance(np.array([2.0, np.nan, 4.0]), 1.0) == pytest.approx([2 / 9, 3 / 9, 4 / 9])
    assert importance(np.full(4, np.nan), 0.9).tolist() == [0.25] * 4
    assert importance(np.zeros(2), 0.9).tolist() == [0.5, 0.5]


def test_what_is_met_again_is_averaged_in_equal_parts() -> None:
    assert averaged(np.nan, 3.0) == 3.0
    assert averaged(3.0, 1.0) == 2.0


def test_options_are_drawn_equally_until_an_epoch_is_over() -> None:
    method = pa_da(SPACE, data=False)
    told(method, {"4": 9.0, "6": 1.0}, ends=False)
    assert widths(method) == pytest.approx(0.5, abs=0.04)


def test_options_are_then_drawn_by_their_gradients_as_far_as_the_training_is() -> None:
    method = pa_da(SPACE, data=False)
    told(method, {"4": 9.0, "6": 1.0}, index=4)  # of ten: tau is one half
    assert widths(method) == pytest.approx(0.5 * 0.9 + 0.25, abs=0.04)


def test_a_distance_is_the_length_from_probabilities_to_the_label() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.2], [0.98, 0.01, 0.01]]).log()
    expected = [(0.25 + 0.49 + 0.04) ** 0.5, (0.02**2 + 2 * 0.01**2) ** 0.5]
    assert distances_from_labels(logits, torch.tensor([1, 0])).tolist() == pytest.approx(expected, rel=1e-5)


def test_of_places_those_with_a_label_count() -> None:
    logits = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log().T[None]  # (1, 2 classes, 2 places)
    both = distances_from_labels(logits, torch.tensor([[0, 0]]))
    first = distances_from_labels(logits, torch.tensor([[0, -100]]))
    assert float(first[0]) == pytest.approx(0.5**0.5)
    assert float(both[0]) == pytest.approx((0.5**0.5 + 0.02**0.5) / 2)


def test_examples_that_are_told_apart_come_less_often_than_those_that_are_not(tmp_path: Path) -> None:
    method = pa_da(SPACE)
    Trainer(Supernet(SPACE), TASK, method, Recipe(epochs=8, batch_size=12, learning_rate=0.02), tmp_path).run()
    examples = TASK.examples("train")
    distances = method.state()["data/distances"].numpy()
    order = method.data.order(examples, 9, np.random.default_rng(0))
    assert len(order) == len(examples)
    counts = np.bincount(np.concatenate([method.data.order(examples, 9, np.random.default_rng(i)) for i in range(200)]))
    assert counts / counts.sum() == pytest.approx(importance(distances, 1.0), abs=0.01)
    assert np.corrcoef(counts, distances)[0, 1] > 0.8


def test_a_task_without_labels_of_classes_is_refused_unless_data_is_left_alone() -> None:
    class Regression(TinyTask):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:
            return F.mse_loss(output[:, 0], batch.labels.float())

    context = Context(step_of(SPACE), Regression(SPACE.inputs[0]), {})
    context.outputs.append((Job(SPACE.largest, "random"), Output(torch.zeros(4, 3))))
    statistics = Statistics(context, 1.0, {}, ends_epoch=False, ends_stage=False)
    with pytest.raises(InputError, match="data=false"):
        pa_da(SPACE, paths=False).data.on_step(statistics)
    with pytest.raises(InputError, match="got neither"):
        pa_da(SPACE, paths=False, data=False)
