"""What every training method must keep, run over all that are found."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from hwnas.contracts.finding import find, names
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import Context, Method, Output, Stage, Step
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import FILE
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from tests.families import example, own_cnn
from tests.tiny_task import TinyTask

SPACE = own_cnn().space
TASK = TinyTask(SPACE.inputs[0])
RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.02)  # six steps
every_method = pytest.mark.parametrize("name", names("training"))


class KilledError(Exception):
    """What interrupts a training in these tests."""


def make(name: str, space: SearchSpace = SPACE, **settings: object) -> Method:
    method = find("training", name)(space, **settings)  # type: ignore[operator]
    assert isinstance(method, Method)
    return method


def trainer(name: str, folder: Path, recipe: Recipe = RECIPE, seed: int = 0) -> Trainer:
    method = make(name)
    return Trainer(Supernet(SPACE, method.sharing, seed=seed), TASK, method, recipe, folder)


def steps(method: Method, total: int = 20) -> list[Step]:
    """The first step of every stage."""
    examples = TASK.examples("train").take(slice(0, 4))
    batch = Batch((torch.from_numpy(examples.inputs[0]),), torch.from_numpy(examples.labels))
    stages = [stage for stage in method.schedule.stages(SPACE, total, RECIPE.rate) if stage.steps]
    starts = np.cumsum([0, *(stage.steps for stage in stages)]).tolist()
    return [Step(i, total, 0, stage, np.arange(4), batch) for i, stage in zip(starts, stages, strict=False)]


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@every_method
def test_is_named_as_it_is_found_and_made_again_from_its_settings(name: str) -> None:
    method = make(name)
    assert method.name == name
    settings = json.loads(json.dumps(dict(method.settings)))
    assert json.loads(json.dumps(dict(make(name, **settings).settings))) == settings


@every_method
@pytest.mark.parametrize("total", [1, 2, 7, 100])
def test_its_stages_take_the_steps_there_are_at_rates_above_zero(name: str, total: int) -> None:
    stages = make(name).schedule.stages(SPACE, total, RECIPE.rate)
    assert sum(stage.steps for stage in stages) == total
    assert all(stage.rate(i) > 0 for stage in stages for i in range(stage.steps))


@every_method
def test_plans_canonical_architectures_of_the_stage_the_teacher_first_and_the_same_for_a_seed(name: str) -> None:
    method = make(name)
    for step in steps(method):
        for seed in range(5):
            jobs = list(method.architectures.plan(step, np.random.default_rng(seed)))
            assert jobs == list(method.architectures.plan(step, np.random.default_rng(seed)))
            assert [job.role for job in jobs if job.role != "teacher"]
            for job in jobs:
                assert SPACE.architecture(job.architecture) == job.architecture
                assert step.stage.space.holds(job.architecture) or job.role == "teacher"
                assert job.weight > 0
            assert not {"largest", "teacher"} & {job.role for job in jobs[1:]}


@every_method
def test_says_beforehand_how_many_passes_a_step_takes(name: str) -> None:
    method = make(name)
    for step in steps(method):
        planned = sum(job.cost(4) for job in method.architectures.plan(step, np.random.default_rng(0)))
        assert method.architectures.passes(step.stage) == pytest.approx(planned)


@every_method
def test_every_loss_is_a_finite_scalar_with_a_gradient(name: str) -> None:
    method = make(name)
    for step in steps(method):
        context = Context(step, TASK, own_cnn().parameters)
        for job in method.architectures.plan(step, np.random.default_rng(0)):
            output = Output(torch.randn(4, 3, requires_grad=True))
            if job.role != "teacher":
                loss = method.objective.loss(job, output, context)
                loss.backward()  # type: ignore[no-untyped-call]
                assert loss.shape == ()
                assert loss.isfinite()
                assert output.value.grad is not None
                assert output.value.grad.any()
            context.outputs.append((job, output.detached()))


@every_method
def test_trains_to_finite_values_within_its_passes_and_leaves_its_record(name: str, tmp_path: Path) -> None:
    budget = 24
    done = trainer(name, tmp_path, replace(RECIPE, passes=budget))
    before = {n: t.detach().clone() for n, t in done.supernet.parameters.items()}
    done.run(save_seconds=1e9)
    assert all(t.isfinite().all() for t in done.supernet.shared.values())
    assert any(not torch.equal(done.supernet.parameters[n], old) for n, old in before.items())
    record = done.supernet.record
    assert record["method"]["name"] == name  # type: ignore[index]
    most = max(done.method.architectures.passes(stage) for stage in _stages(done))
    assert budget - most < record["passes"] <= budget  # type: ignore[operator]


def _stages(done: Trainer) -> list[Stage]:
    return [done._stages.at(step)[0] for step in range(done.steps)]


@every_method
def test_killed_after_any_step_it_ends_with_the_same_tensors(name: str, tmp_path: Path) -> None:
    whole = trainer(name, tmp_path / "whole")
    whole.run(save_seconds=1e9)
    for kill in range(1, whole.steps):

        def progress(done: int, *_: object, kill: int = kill) -> None:
            if done == kill + 1:
                raise KilledError

        with pytest.raises(KilledError):
            trainer(name, tmp_path / "killed", seed=kill - 1).run(progress, save_seconds=-1.0)
    again = trainer(name, tmp_path / "killed", seed=99)  # what it starts from must not matter
    again.run(save_seconds=1e9)
    assert same(again.supernet.shared, whole.supernet.shared)
    assert again.supernet.sharing.state() == whole.supernet.sharing.state()
    whole.supernet.record["seconds"] = again.supernet.record["seconds"] = 0
    assert again.supernet.record == whole.supernet.record
    assert same(load_file(tmp_path / "killed" / FILE), load_file(tmp_path / "whole" / FILE))


@every_method
def test_what_it_trained_is_saved_loaded_and_extracted_to_the_bit(name: str, tmp_path: Path) -> None:
    done = trainer(name, tmp_path)
    done.run(save_seconds=1e9)
    done.supernet.save(tmp_path)
    again = Supernet.load(tmp_path, SPACE)
    x = example(again, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, SPACE.middle, SPACE.largest):
            expected = done.supernet(x, architecture)
            assert torch.equal(again(x, architecture), expected)
            assert torch.equal(again.extract(architecture)(x), expected)


@every_method
def test_what_its_seams_remember_is_what_another_one_goes_on_from(name: str, tmp_path: Path) -> None:
    done = trainer(name, tmp_path)
    done.run(save_seconds=1e9)
    state = done.method.state()
    json.dumps({key: value for key, value in state.items() if not isinstance(value, Tensor)})
    other = make(name)
    other.restore(state)
    restored = other.state()
    assert restored.keys() == state.keys()
    for key, value in state.items():
        assert torch.equal(restored[key], value) if isinstance(value, Tensor) else restored[key] == value
