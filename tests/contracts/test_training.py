from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method
from hwnas.contracts.training_events import Event
from hwnas.contracts.training_step import Context, Feature, Job, Output, Stage, State, Statistics, Step
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from tests.steps import context_of, statistics_of, step_of

SPACE = own_space()


@pytest.mark.parametrize(
    ("job", "cost"),
    [
        (Job(SPACE.largest, "largest"), 1.0),
        (Job(SPACE.largest, "random", rows=(2, 4)), 0.25),
        (Job(SPACE.largest, "teacher"), 1 / 3),
        (Job(SPACE.largest, "teacher", rows=(0, 4)), 1 / 6),
    ],
)
def test_a_job_costs_its_share_of_the_batch_and_a_third_of_that_without_a_gradient(job: Job, cost: float) -> None:
    assert job.cost(8) == pytest.approx(cost)


def test_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="role of a job is one of"):
        Job(SPACE.largest, "biggest")  # type: ignore[arg-type]


def outputs(context: Context, *jobs: Job) -> list[Output]:
    made = []
    for i, job in enumerate(jobs):
        value = torch.full((4, 3), float(i)) + torch.arange(4)[:, None]
        output = Output(job.seen(value), {"head": Feature(job.seen(value), job.seen(value))})
        context.outputs.append((job, output))
        made.append(output)
    return made


def test_the_teacher_is_the_one_in_that_role_or_else_the_largest() -> None:
    largest, teacher, other = (Job(SPACE.largest, role) for role in ("largest", "teacher", "random"))
    context = context_of(step_of(SPACE))
    assert context.teacher(other) is None
    outputs(context, other)
    assert context.teacher(other) is None
    (first,) = outputs(context, largest)
    assert context.teacher(other) is first
    (second,) = outputs(context, teacher)
    assert context.teacher(other) is second


def test_a_job_on_some_rows_sees_those_rows_of_the_batch_and_of_the_teacher() -> None:
    context = context_of(step_of(SPACE))
    (whole,) = outputs(context, Job(SPACE.largest, "largest"))
    part = Job(SPACE.smallest, "smallest", rows=(1, 3))
    batch = context.batch(part)
    assert torch.equal(batch.inputs[0], context.step.batch.inputs[0][1:3])
    assert torch.equal(batch.labels, context.step.batch.labels[1:3])
    taught = context.teacher(part)
    assert taught is not None
    assert torch.equal(taught.value, whole.value[1:3])
    assert torch.equal(taught.features["head"].output, whole.value[1:3])


def test_what_is_remembered_of_a_job_has_no_gradient() -> None:
    value = torch.ones(2, 3, requires_grad=True) * 2
    kept = Output(value, {"head": Feature(value, value)}).detached()
    assert not any(t.requires_grad for t in (kept.value, *kept.features["head"]))


def test_gradient_norms_are_those_of_the_tensors_that_got_a_gradient() -> None:
    reached, other = torch.zeros(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    reached.grad = torch.tensor([3.0, 4.0])
    context = Context(step_of(SPACE), context_of(step_of(SPACE)).task, {"a": reached, "b": other})
    done = Statistics(context, 1.0, {}, ends_epoch=False, ends_stage=False)
    assert dict(done.gradient_norms) == {"a": 5.0}


class Both(ArchitectureSampler, Events):
    """Fills two seams and counts the steps it is told of."""

    count = 0

    def on_step(self, statistics: Statistics) -> None:  # noqa: ARG002
        self.count += 1

    def state(self) -> State:
        return {"count": self.count}

    def restore(self, state: State) -> None:
        self.count = state["count"]


def test_an_object_that_fills_two_seams_is_one_of_them() -> None:
    both = Both()
    method = Method("x", architectures=both, events=both)
    assert list(method.seams) == ["schedule", "data", "architectures", "objective", "update"]
    for seam in method.seams.values():
        seam.on_step(statistics_of(step_of(SPACE)))
    assert method.state() == {"architectures/count": 1}
    again = Both()
    Method("x", architectures=again, events=again).restore(method.state())
    assert again.count == 1


class Alone:
    """Fills a seam without deriving from it: always the largest."""

    def __init__(self) -> None:
        self.told = list[object]()

    def plan(self, step: Step, rng: np.random.Generator) -> list[Job]:  # noqa: ARG002
        return [Job(step.stage.space.space.largest, "largest")]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002
        return 1.0

    def watched(self, stage: Stage) -> dict[str, Architecture]:
        return {"largest": stage.space.largest}

    def state(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """Nothing is remembered."""

    def on_step(self, statistics: Statistics) -> None:
        self.told.append(statistics)

    def on_event(self, event: Event) -> None:
        self.told.append(event)


def test_an_object_that_derives_from_nothing_fills_a_seam_and_is_told_of_every_step(tmp_path: Path) -> None:
    alone = Alone()
    assert isinstance(alone, ArchitectureSampler)
    supernet, recipe = Supernet(SPACE), Recipe(epochs=1, batch_size=12)
    done = Trainer(supernet, TinyTask(SPACE.inputs[0]), Method("x", architectures=alone), recipe, tmp_path)
    done.run()
    assert len(alone.told) == done.steps == 2
    assert supernet.record["passes"] == 2


class Half(Alone):
    """Lacks how many passes it takes."""

    passes = property()  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Half(), r"without passes; derive its class from `ArchitectureSampler`"),
        (ArchitectureSampler, r"class.*without on_event, on_step, passes, plan, restore, state, watched; derive"),
        (None, r"got None without"),
    ],
)
def test_an_object_that_does_not_fill_its_seam_is_refused_with_what_it_lacks(wrong: object, said: str) -> None:
    with pytest.raises(InputError, match=rf"Method 'x' should have as `architectures` an object with .*{said}"):
        Method("x", architectures=wrong)  # type: ignore[arg-type]


def test_a_state_of_a_seam_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no seam 'elsewhere' to restore"):
        Method("x").restore({"elsewhere/count": 1})


def test_by_default_one_sub_network_of_the_stage_is_drawn_as_the_space_draws_it() -> None:
    (job,) = Method("x").architectures.plan(step_of(SPACE), np.random.default_rng(7))
    assert job.architecture == SPACE.decode(SPACE.sample(1, np.random.default_rng(7))[0])


def test_stages_that_are_alike_are_still_two() -> None:
    """Twice the same phase: whoever keeps something of each keeps two."""
    stage = Stage(SubSpace(SPACE), 2, rate)
    assert len({stage, replace(stage)}) == 2


def rate(_step: int) -> float:
    return 0.1
