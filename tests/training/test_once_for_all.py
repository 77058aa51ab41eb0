from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training_step import Job, Output, Stage
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.fixed import fixed
from hwnas.training.once_for_all import once_for_all
from tests.steps import context_of, step_of

PAPER = SearchSpace(
    [
        Choice("depth", (2, 3, 4)),
        Choice("block1.kernel", (3, 5, 7)),
        Choice("block3.kernel", (3, 5, 7), {"depth": (3, 4)}),
        Choice("block1.expansion", (3, 4, 6)),
        Choice("pool", ("max", "mean"), ordered=False),
    ]
)
SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])
RECIPE = Recipe(epochs=30, batch_size=12, learning_rate=0.02, warmup_steps=0)  # sixty steps


def stages(space: SearchSpace = PAPER, steps: int = 590) -> dict[str, Stage]:
    found = once_for_all(space).schedule.stages(space, steps, lambda i, n: 0.1 * (1 - i / n))
    return {stage.name: stage for stage in found}


def test_choices_are_opened_by_kind_from_the_largest_option_down() -> None:
    kept = {name: dict(stage.space.options) for name, stage in stages().items()}
    largest = {"depth": (4,), "block1.kernel": (7,), "block3.kernel": (7,), "block1.expansion": (6,), "pool": ("mean",)}
    kernels = {**largest, "block1.kernel": (3, 5, 7), "block3.kernel": (3, 5, 7)}
    depths = {**kernels, "depth": (2, 3, 4)}
    assert kept == {
        "largest": largest,
        "kernel 1": kernels,
        "depth 1": {**kernels, "depth": (3, 4)},
        "depth 2": depths,
        "width 1": {**depths, "block1.expansion": (4, 6), "pool": ("max", "mean")},
        "width 2": {**depths, "block1.expansion": (3, 4, 6), "pool": ("max", "mean")},
    }


def test_lengths_and_rates_are_those_of_the_published_code() -> None:
    found = stages()
    lengths = {"largest": 180, "kernel 1": 120, "depth 1": 25, "depth 2": 120, "width 1": 25, "width 2": 120}
    assert {name: stage.steps for name, stage in found.items()} == lengths
    starts = {name: stage.rate(0) for name, stage in found.items()}
    assert starts["largest"] == starts["kernel 1"] == 0.1
    assert starts["depth 1"] == starts["width 1"] == pytest.approx(0.1 * 2.5e-3 / 3e-2)
    assert starts["depth 2"] == starts["width 2"] == pytest.approx(0.1 * 7.5e-3 / 3e-2)
    for stage in found.values():
        assert stage.rate(stage.steps - 1) == pytest.approx(stage.rate(0) / stage.steps)


def test_a_step_takes_the_teacher_and_one_two_or_four_sub_networks() -> None:
    sampler = once_for_all(PAPER).architectures
    counts = {}
    for name, stage in stages(SPACE).items():
        step = step_of(stage.space)
        jobs = sampler.plan(type(step)(0, 10, 0, stage, step.rows, step.batch), np.random.default_rng(0))
        counts[name] = [job.role for job in jobs]
        assert all(stage.space.holds(job.architecture) for job in jobs)
    assert counts["largest"] == ["largest"]
    assert counts["kernel 1"] == ["teacher", "random"]
    assert counts["depth 1"] == ["teacher", *["random"] * 2]
    assert counts["width 1"] == ["teacher", *["random"] * 4]


def test_a_sub_network_learns_from_the_labels_and_the_teacher() -> None:
    objective = once_for_all(SPACE, kd_ratio=0.5).objective
    context = context_of(step_of(SPACE, n=2))
    job, taught = Job(SPACE.smallest, "random"), Job(SPACE.largest, "teacher")
    student, teacher = torch.randn(2, 3), torch.randn(2, 3)
    hard = TASK.loss(student, context.batch(job))
    assert torch.equal(objective.loss(job, Output(student), context), hard)
    context.outputs.append((taught, Output(teacher)))
    soft = -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(objective.loss(job, Output(student), context), hard + 0.5 * soft)


def trained(folder: Path, stop: int | None = None) -> tuple[Supernet, Trainer]:
    method = once_for_all(SPACE)
    supernet = Supernet(SPACE, method.sharing)
    training = Trainer(supernet, TASK, method, RECIPE, folder)

    def progress(done: StepDone) -> None:
        if done.step == stop:
            raise KeyboardInterrupt

    try:
        training.run(progress, save_seconds=-1.0)
    except KeyboardInterrupt:
        assert stop is not None
    return supernet, training


def test_the_first_stage_trains_the_largest_alone_and_the_teacher_stays_as_it_was_then(tmp_path: Path) -> None:
    first = once_for_all(SPACE).schedule.stages(SPACE, 60, RECIPE.rate)[0].steps
    early, training = trained(tmp_path, stop=first + 1)
    then = {name: tensor.clone() for name, tensor in training.method.state().items()}
    assert any(name.endswith("head.weight") for name in then)
    late, whole = trained(tmp_path)
    now = whole.method.state()
    assert then.keys() == now.keys()
    for name, tensor in then.items():
        if "running" not in name and "tracked" not in name:
            assert torch.equal(now[name], tensor), name
    assert not torch.equal(late.shared["head.weight"], early.shared["head.weight"])

    alone = own_cnn()
    recipe = Recipe(epochs=first / 2, batch_size=12, learning_rate=0.02, warmup_steps=0)
    Trainer(alone, TASK, fixed(SPACE), recipe, tmp_path / "alone").run()
    head = next(tensor for name, tensor in then.items() if name.endswith("head.weight"))
    assert torch.equal(head, alone.extract(SPACE.largest).head.weight)  # type: ignore[union-attr]


def test_only_matrices_of_kernels_that_were_trained_leave_the_identity(tmp_path: Path) -> None:
    supernet, _ = trained(tmp_path)
    matrix = supernet.shared["kernel_transform/blocks.0.weight/3x3"].detach()
    assert not torch.allclose(matrix, torch.eye(9), atol=1e-4)


@pytest.mark.parametrize("ratio", [-0.1, float("nan"), float("inf")])
def test_a_ratio_that_weighs_nothing_is_refused(ratio: float) -> None:
    with pytest.raises(InputError, match="kd_ratio of at least 0"):
        once_for_all(SPACE, kd_ratio=ratio)


def test_without_transforms_a_smaller_kernel_is_the_centre_of_the_largest() -> None:
    cut, transformed = (once_for_all(SPACE, transform=flag).sharing for flag in (False, True))
    assert not [name for name in Supernet(SPACE, cut).shared if "kernel_transform" in name]
    assert [name for name in Supernet(SPACE, transformed).shared if "kernel_transform" in name]
