from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training_step import Context, Output
from hwnas.sharing.supermask import is_weight, mask_of, score_of
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training._smoothing import smoothed
from hwnas.training.exssnet import exssnet
from tests.steps import step_of


def network(architecture: Architecture) -> nn.Module:
    width = int(architecture["width"])
    convolution = nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.ReLU()
    return nn.Sequential(*convolution, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 4))


SPACE = SearchSpace([Choice("width", (8, 12))], build=network, inputs=[InputSpec("images", (1, 4, 4))])
TASK = TinyTask(SPACE.inputs[0], n=48, classes=4)
RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.1)  # twelve steps, six of each task


def trained(folder: Path, look: Callable[[Supernet, StepDone], None], **settings: object) -> Supernet:
    method = exssnet(SPACE, **{"density": 0.3, **settings})  # type: ignore[arg-type]
    supernet = Supernet(SPACE, method.sharing, seed=0)
    Trainer(supernet, TASK, method, RECIPE, folder).run(lambda done: look(supernet, done))
    return supernet


def first_task_before_and_after(folder: Path, **settings: object) -> list[Tensor]:
    """Outputs of the first task's networks when it was learnt, and when the other was learnt too."""
    found: list[Tensor] = []

    def look(supernet: Supernet, done: StepDone) -> None:
        if done.step in {6, 12}:
            x = example(supernet, 4)
            outputs = [supernet.extract(a, member=0)(x) for a in (SPACE.smallest, SPACE.largest)]
            found.append(torch.stack(outputs))

    trained(folder, look, **settings)
    return found


def test_what_was_learnt_first_is_forgotten_not_by_a_bit(tmp_path: Path) -> None:
    assert torch.equal(*first_task_before_and_after(tmp_path))


def test_without_exclusion_it_is_forgotten(tmp_path: Path) -> None:
    assert not torch.equal(*first_task_before_and_after(tmp_path, exclusive=False, transfer=False))


def test_weights_learn_in_the_second_phase_where_the_mask_is_the_tasks_own(tmp_path: Path) -> None:
    shared: dict[int, dict[str, Tensor]] = {}

    def look(supernet: Supernet, done: StepDone) -> None:
        shared[done.step] = {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}

    trained(tmp_path, look)
    for name in filter(is_weight, shared[1]):
        assert torch.equal(shared[1][name], shared[3][name])  # masks alone
        first, second = (mask_of(shared[12][score_of(task, name)], 0.3) > 0 for task in (0, 1))
        assert torch.equal(shared[12][score_of(0, name)], shared[3][score_of(0, name)])
        changed = shared[6][name] != shared[12][name]
        assert not changed[first | ~second].any()
    assert any(not torch.equal(shared[6][n], shared[12][n]) for n in filter(is_weight, shared[1]))


def test_masks_alone_leave_every_weight(tmp_path: Path) -> None:
    weights: list[dict[str, Tensor]] = []

    def look(supernet: Supernet, _: StepDone) -> None:
        weights.append({n: t.detach().clone() for n, t in supernet.shared.items() if is_weight(n)})

    trained(tmp_path, look, masks=1.0)
    assert all(torch.equal(tensor, weights[-1][name]) for name, tensor in weights[0].items())


@pytest.mark.parametrize("transfer", [True, False])
def test_a_mask_begins_as_that_of_an_earlier_task_if_its_features_tell_the_new_classes(
    tmp_path: Path, *, transfer: bool
) -> None:
    """The inputs of the tiny task lie about their labels, so that any features tell them."""
    alike = []

    def look(supernet: Supernet, done: StepDone) -> None:
        if done.step == 6:
            scores = ([supernet.shared[score_of(t, n)] for t in (0, 1)] for n in filter(is_weight, supernet.shared))
            alike.append(all(torch.equal(*pair) for pair in scores))

    trained(tmp_path, look, transfer=transfer)
    assert alike == [transfer]


def test_a_task_sees_its_classes_alone_as_often_as_there_are_examples() -> None:
    examples, data = TASK.examples("train"), exssnet(SPACE).data
    order = data.order(examples, 0, np.random.default_rng(0))
    assert set(examples.labels[order]) == {0, 1}
    assert len(order) == len(examples)
    counts = np.bincount(order, minlength=len(examples))[np.isin(examples.labels, (0, 1))]
    assert counts.max() - counts.min() <= 1


def test_classes_of_other_tasks_are_no_answer() -> None:
    method, step = exssnet(SPACE), step_of(SPACE)
    method.data.order(TASK.examples("train"), 0, np.random.default_rng(0))
    stage = method.schedule.stages(SPACE, 4, lambda *_: 0.1)[0]
    (job,) = method.architectures.plan(replace(step, stage=stage), np.random.default_rng(0))
    batch = Batch(step.batch.inputs, torch.zeros(4, dtype=torch.int64))
    logits = torch.tensor([[0.0, 0.0, 9.0, 9.0]] * 4, requires_grad=True)
    loss = method.objective.loss(job, Output(logits), Context(replace(step, batch=batch), TASK, {}))
    assert loss.item() == pytest.approx(np.log(2))
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[:, 2:].any()
    softer = smoothed(TASK, 0.1)
    with pytest.raises(InputError, match=r"hides the classes of other tasks.*label_smoothing"):
        method.objective.loss(job, Output(logits), Context(replace(step, batch=batch), softer, {}))


def test_waiting_for_better_figures_is_refused_at_the_start_for_no_network_answers_for_all(tmp_path: Path) -> None:
    method = exssnet(SPACE)
    with pytest.raises(InputError, match="leave `patience` out"):
        Trainer(Supernet(SPACE, method.sharing), TASK, method, replace(RECIPE, patience=1), tmp_path)


@pytest.mark.parametrize("masks", [0.0, 1.5])
def test_a_share_of_masks_out_of_range_is_refused(masks: float) -> None:
    with pytest.raises(InputError, match="share of masks above 0 and at most 1"):
        exssnet(SPACE, masks=masks)
