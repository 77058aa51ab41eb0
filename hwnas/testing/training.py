"""What every training method must keep."""

import atexit
import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from hwnas.contracts.task import Batch
from hwnas.contracts.temporary import temporary_folder
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Context, Output, Stage, Step
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import CLASSES, example, own_cnn, own_space
from hwnas.testing._subject import Found
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._checkpoint import FILE
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe

SPACE = own_space()
TASK = TinyTask(SPACE.inputs[0])
_KEPT = ExitStack()  # folders of trainings that several tests look at
atexit.register(_KEPT.close)
RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.02)  # six steps


class KilledError(Exception):
    """What interrupts a training in these tests."""


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A method, for the space of the small networks."""

    def method(self, **settings: object) -> Method:
        """A new one."""
        method = self.make(SPACE, **settings)
        assert isinstance(method, Method), f"{self} should give a Method, got {type(method).__name__}"
        return method

    def trainer(self, folder: Path, recipe: Recipe = RECIPE, seed: int = 0) -> Trainer:
        """Of a new supernet."""
        method = self.method()
        return Trainer(Supernet(SPACE, method.sharing, seed=seed), TASK, method, recipe, folder)

    @cached_property
    def trained(self) -> Trainer:
        """One that ran to its end, for tests that only look at it."""
        return run(self.trainer(_KEPT.enter_context(temporary_folder())))


def run(trainer: Trainer) -> Trainer:
    """To its end."""
    trainer.run(save_seconds=1e9)
    return trainer


def first_steps(method: Method, total: int = 20) -> list[Step]:
    """The first step of every stage."""
    examples = TASK.examples("train").take(slice(0, 4))
    batch = Batch((torch.from_numpy(examples.inputs[0]),), torch.from_numpy(examples.labels))
    stages = [stage for stage in method.schedule.stages(SPACE, total, RECIPE.rate) if stage.steps]
    starts = np.cumsum([0, *(stage.steps for stage in stages)]).tolist()
    return [Step(i, total, 0, stage, np.arange(4), batch) for i, stage in zip(starts, stages, strict=False)]


def same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    """Whether all tensors are, to the bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Contract:
    """The tests."""

    def test_is_named_as_it_is_found_and_made_again_from_its_settings(self, subject: Subject) -> None:
        method = subject.method()
        assert method.name == subject.called
        settings = json.loads(json.dumps(dict(method.settings)))
        again = json.loads(json.dumps(dict(subject.find()(SPACE, **settings).settings)))
        assert again == settings, f"`settings` of {subject} should be all it is made with"

    @pytest.mark.parametrize("total", [1, 2, 7, 100])
    def test_its_stages_take_the_steps_there_are_at_rates_above_zero(self, subject: Subject, total: int) -> None:
        stages = subject.method().schedule.stages(SPACE, total, RECIPE.rate)
        taken = sum(stage.steps for stage in stages)
        assert taken == total, f"the stages of {subject} take {taken} of {total} steps"
        assert all(stage.rate(i) > 0 for stage in stages for i in range(stage.steps))

    def test_plans_canonical_architectures_of_the_stage_the_teacher_first_and_the_same_for_a_seed(
        self, subject: Subject
    ) -> None:
        method = subject.method()
        for step in first_steps(method):
            for seed in range(5):
                jobs = list(method.architectures.plan(step, np.random.default_rng(seed)))
                assert jobs == list(method.architectures.plan(step, np.random.default_rng(seed))), (
                    f"{subject} plans other jobs when asked again; draw from the generator it is given alone"
                )
                assert [job.role for job in jobs if job.role != "teacher"], f"{subject} plans nothing with a gradient"
                for job in jobs:
                    assert SPACE.architecture(job.architecture) == job.architecture
                    assert step.stage.space.holds(job.architecture) or job.role == "teacher"
                    assert job.weight > 0
                assert not {"largest", "teacher"} & {job.role for job in jobs[1:]}, (
                    "a teacher or the largest sub-network comes first"
                )

    def test_says_beforehand_how_many_passes_a_step_takes(self, subject: Subject) -> None:
        method = subject.method()
        for step in first_steps(method):
            planned = sum(job.cost(4) for job in method.architectures.plan(step, np.random.default_rng(0)))
            assert method.architectures.passes(step.stage) == pytest.approx(planned)

    def test_every_loss_is_a_finite_scalar_with_a_gradient(self, subject: Subject) -> None:
        method = subject.method()
        for step in first_steps(method):
            context = Context(step, TASK, own_cnn().parameters)
            for job in method.architectures.plan(step, np.random.default_rng(0)):
                output = Output(torch.randn(4, CLASSES, requires_grad=True))
                if job.role != "teacher":
                    loss = method.objective.loss(job, output, context)
                    loss.backward()  # type: ignore[no-untyped-call]
                    assert loss.shape == ()
                    assert loss.isfinite()
                    assert output.value.grad is not None, f"the loss of {subject} does not hang on the output"
                    assert output.value.grad.any()
                context.outputs.append((job, output.detached()))

    def test_trains_to_finite_values_within_its_passes_and_leaves_its_record(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        budget = 24
        done = subject.trainer(tmp_path, replace(RECIPE, passes=budget))
        before = {n: t.detach().clone() for n, t in done.supernet.parameters.items()}
        run(done)
        assert all(t.isfinite().all() for t in done.supernet.shared.values())
        assert any(not torch.equal(done.supernet.parameters[n], old) for n, old in before.items())
        record = done.supernet.record
        assert record["method"]["name"] == subject.called  # type: ignore[index]
        most = max(done.method.architectures.passes(stage) for stage in _stages(done))
        assert budget - most < record["passes"] <= budget  # type: ignore[operator]

    def test_killed_after_any_step_it_ends_with_the_same_tensors(self, subject: Subject, tmp_path: Path) -> None:
        whole = subject.trained
        for kill in range(1, whole.steps):

            def progress(done: StepDone, kill: int = kill) -> None:
                if done.step == kill + 1:
                    raise KilledError

            with pytest.raises(KilledError):
                subject.trainer(tmp_path, seed=kill - 1).run(progress, save_seconds=-1.0)
        again = run(subject.trainer(tmp_path, seed=99))  # what it starts from must not matter
        assert same(again.supernet.shared, whole.supernet.shared), (
            f"killed and run again, {subject} ends with other tensors; what a seam remembers belongs into its `state`"
        )
        assert again.supernet.sharing.state() == whole.supernet.sharing.state()
        records = [{**trainer.supernet.record, "seconds": 0} for trainer in (again, whole)]
        assert records[0] == records[1]
        assert same(load_file(tmp_path / FILE), load_file(whole.folder / FILE))

    def test_what_it_trained_is_saved_loaded_and_extracted_to_the_bit(self, subject: Subject, tmp_path: Path) -> None:
        supernet = subject.trained.supernet
        supernet.save(tmp_path)
        again = Supernet.load(tmp_path, SPACE)
        x = example(again, 2)
        with torch.no_grad():
            for architecture in (SPACE.smallest, SPACE.middle, SPACE.largest):
                expected = supernet(x, architecture)
                assert torch.equal(again(x, architecture), expected)
                assert torch.equal(again.extract(architecture)(x), expected)

    def test_what_its_seams_remember_is_what_another_one_goes_on_from(self, subject: Subject) -> None:
        state = subject.trained.method.state()
        json.dumps({key: value for key, value in state.items() if not isinstance(value, Tensor)})
        other = subject.method()
        other.restore(state)
        restored = other.state()
        assert restored.keys() == state.keys()
        for key, value in state.items():
            alike = torch.equal(restored[key], value) if isinstance(value, Tensor) else restored[key] == value
            assert alike, f"`restore` of {subject} does not take up {key}, which its `state` gave"


def _stages(trainer: Trainer) -> list[Stage]:
    return [trainer._stages.at(step)[0] for step in range(trainer.steps)]
