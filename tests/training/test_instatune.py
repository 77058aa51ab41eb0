from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_step import Job, Output, Stage
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.instatune import instatune
from tests.steps import context_of, step_of

SPACE = own_space()


def stages_of(steps: int, **settings: float) -> list[Stage]:
    method = instatune(SPACE, **settings)  # type: ignore[arg-type]
    return list(method.schedule.stages(SPACE, steps, lambda index, of: (index + 1) / of))


def test_the_original_teaches_for_its_share_and_then_the_largest_does() -> None:
    assert [stage.steps for stage in stages_of(21, strong=0.25)] == [1, 5, 15]
    assert [stage.steps for stage in stages_of(21, strong=0.0)] == [0, 0, 21]
    assert [stage.rate(0) for stage in stages_of(20, strong=0.5)] == [1 / 20, 2 / 20, 12 / 20]


def test_who_learns_in_a_stage_and_who_teaches() -> None:
    roles = []
    for stage in stages_of(20):
        step = step_of(SPACE)
        object.__setattr__(step, "stage", stage)
        jobs = instatune(SPACE, randoms=2).architectures.plan(step, np.random.default_rng(0))
        roles.append([job.role for job in jobs])
        assert jobs[0].architecture == SPACE.largest
    assert roles == [["largest"], ["teacher", "random", "random", "random"], ["largest", "random", "random"]]


def test_labels_count_alpha_and_the_teacher_the_rest() -> None:
    context = context_of(step_of(SPACE, n=2))
    teacher, student = torch.randn(2, 3), torch.randn(2, 3)
    labels = F.cross_entropy(student, context.step.batch.labels)
    objective, smallest = instatune(SPACE, alpha=0.3).objective, Job(SPACE.smallest, "random")
    assert torch.equal(objective.loss(smallest, Output(student), context), labels)
    context.outputs.append((Job(SPACE.largest, "teacher"), Output(teacher)))
    taught = -(teacher.softmax(1) * student.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(objective.loss(smallest, Output(student), context), 0.3 * labels + 0.7 * taught)


def test_the_original_is_that_of_the_first_step_and_learns_no_more(tmp_path: Path) -> None:
    method = instatune(SPACE, strong=1.0)
    kept = []
    trainer = Trainer(
        Supernet(SPACE), TinyTask(SPACE.inputs[0]), method, Recipe(epochs=4, batch_size=12, learning_rate=0.1), tmp_path
    )
    trainer.run(lambda _: kept.append({n: t.clone() for n, t in method.objective.state().items()}))
    assert all(torch.equal(kept[0][name], kept[-1][name]) for name in kept[0] if name.endswith("weight"))
    assert not torch.equal(kept[-1]["stem.weight"], trainer.supernet.shared["stem.weight"])


def test_a_curriculum_begins_near_the_largest_and_ends_with_all() -> None:
    ordered = [choice for choice in SPACE.choices if choice.ordered]

    def drawn(index: int, curriculum: float) -> list[set[object]]:
        """Options of every ordered choice among 200 random sub-networks of step `index` of 12."""
        sampler = instatune(SPACE, randoms=200, strong=0.0, curriculum=curriculum).architectures
        jobs = sampler.plan(step_of(SPACE, index, 12), np.random.default_rng(0))[1:]
        return [{job.architecture[c.name] for job in jobs if c.name in job.architecture} for c in ordered]

    assert drawn(0, 0.5) == [{choice.options[-1]} for choice in ordered]
    assert drawn(0, 0.0) == drawn(6, 0.5) == drawn(11, 1.0)
    sizes = [sum(map(len, drawn(index, 1.0))) for index in range(12)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize("wrong", [{"alpha": 1.5}, {"randoms": -1}, {"strong": -0.1}, {"curriculum": float("nan")}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs alpha, strong and curriculum from 0 to 1"):
        instatune(SPACE, **wrong)  # type: ignore[arg-type]
