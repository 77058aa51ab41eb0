from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.training import ArchitectureSampler, TrainingObjective, UpdateRule
from hwnas.contracts.training_step import Context, Job, Output, Step
from hwnas.supernet import Supernet
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.sandwich import sandwich
from tests.steps import step_of

RECIPE = Recipe(epochs=3, batch_size=12, learning_rate=0.05, warmup_steps=1)


def supernet() -> Supernet:
    """Without batch-norm, so that an example's output does not hang on the batch."""
    return Supernet.from_builder(
        lambda a: nn.Sequential(nn.Flatten(), nn.Linear(64, int(a["width"])), nn.ReLU(), nn.Linear(int(a["width"]), 3)),
        [Choice("width", (2, 4))],
        [InputSpec("images", (1, 8, 8))],
    )


def trained(folder: Path, recipe: Recipe = RECIPE, **seams: object) -> Supernet:
    net = supernet()
    method = replace(sandwich(net.space, randoms=1), **seams)  # type: ignore[arg-type]
    Trainer(net, TinyTask(net.space.inputs[0]), method, recipe, folder).run()
    return net


def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path: Path) -> None:
    large = trained(tmp_path / "large")
    parts = trained(tmp_path / "parts", replace(RECIPE, batch_size=4, accumulate=3))
    assert large.record["steps"] == parts.record["steps"] == 6
    assert parts.record["passes"] == 3 * large.record["passes"]  # type: ignore[operator]
    for name, tensor in large.parameters.items():
        torch.testing.assert_close(parts.shared[name], tensor, rtol=1e-4, atol=1e-6)
    assert parts.record["curve"][-1]["losses"] == pytest.approx(large.record["curve"][-1]["losses"], rel=1e-4)  # type: ignore[index]


def test_a_budget_in_passes_counts_every_accumulated_batch(tmp_path: Path) -> None:
    net = trained(tmp_path, replace(RECIPE, batch_size=4, accumulate=3, passes=20))
    assert (net.record["steps"], net.record["passes"]) == (2, 18)


def test_what_dropout_draws_outlives_a_kill_and_leaves_the_random_state_outside_alone(tmp_path: Path) -> None:
    def training(folder: str) -> Trainer:
        net = Supernet.from_builder(
            lambda a: nn.Sequential(
                nn.Flatten(), nn.Linear(64, int(a["width"])), nn.Dropout(), nn.Linear(a["width"], 3)
            ),  # type: ignore[arg-type]
            [Choice("width", (2, 4))],
            [InputSpec("images", (1, 8, 8))],
        )
        return Trainer(net, TinyTask(net.space.inputs[0]), sandwich(net.space), RECIPE, tmp_path / folder)

    def kill(done: StepDone) -> None:
        if done.step == 4:
            raise KeyboardInterrupt

    whole, before = training("whole"), torch.get_rng_state()
    whole.run()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    with pytest.raises(KeyboardInterrupt):
        training("killed").run(kill, save_seconds=-1.0)
    again = training("killed")
    again.run()
    assert all(torch.equal(tensor, again.supernet.shared[name]) for name, tensor in whole.supernet.shared.items())


class Norms(UpdateRule):
    """Remembers how long gradients are when the update comes."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def before_step(self, context: Context, optimizer: torch.optim.Optimizer) -> None:  # noqa: ARG002
        self.seen.append(float(nn.utils.get_total_norm([p.grad for p in context.parameters.values()])))  # type: ignore[arg-type]


def test_gradients_are_clipped_to_their_norm_before_anything_else_is_done_with_them(tmp_path: Path) -> None:
    free, clipped = Norms(), Norms()
    trained(tmp_path / "free", update=free)
    trained(tmp_path / "clipped", replace(RECIPE, clip_norm=0.5), update=clipped)
    assert min(free.seen) > 0.5
    np.testing.assert_allclose(clipped.seen, 0.5, rtol=1e-4)


class Odd(TrainingObjective):
    """A loss of another kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        good = super().loss(job, output, context)
        return {"many": good.expand(2), "number": 1.5, "detached": good.detach()}[self.kind]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("many", r"should be one number as a tensor, got \(2,\)"),
        ("number", "should be one number as a tensor, got 1.5"),
        ("detached", "does not hang on any tensor that learns"),
    ],
)
def test_a_loss_that_is_no_scalar_with_a_gradient_is_refused(kind: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        trained(tmp_path, objective=Odd(kind))


class Halves(ArchitectureSampler):
    """Two halves of a batch."""

    def plan(self, step: Step, rng: np.random.Generator) -> list[Job]:  # noqa: ARG002
        return [Job(step.stage.space.largest, "fixed", rows=rows) for rows in ((0, 2), (2, 4))]


def test_rows_of_a_step_do_not_go_with_accumulated_batches(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not go with accumulate = 3; use 1"):
        trained(tmp_path, replace(RECIPE, batch_size=4, accumulate=3), architectures=Halves())


class Overflowing(TrainingObjective):
    """Its gradient overflows float16 at the first scale, and not at a smaller one."""

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        return 40 * super().loss(job, output, context)


def test_a_step_that_float16_leaves_out_is_no_divergence(tmp_path: Path) -> None:
    scales: list[float] = []
    net = supernet()
    method = replace(sandwich(net.space, randoms=1), objective=Overflowing())
    recipe = replace(RECIPE, precision="float16", learning_rate=1e-3)
    training = Trainer(net, TinyTask(net.space.inputs[0]), method, recipe, tmp_path)
    before = net.shared["1.weight"].detach().clone()
    moved: list[bool] = []

    def on_step(_: object) -> None:
        scales.append(training._precision.state()["scale"])
        moved.append(not torch.equal(net.shared["1.weight"], before))

    training.run(on_step)
    assert scales[0] == 2.0**15
    assert moved[0] is False
    assert moved[-1] is True


def test_every_step_draws_something_of_its_own(tmp_path: Path) -> None:
    net = supernet()
    trainer = Trainer(net, TinyTask(net.space.inputs[0]), sandwich(net.space), RECIPE, tmp_path)
    drawn = set()
    for index in range(200):
        with trainer._updates._drawing(replace(step_of(net.space), index=index)):
            drawn.add(float(torch.rand((), dtype=torch.float64)))
    assert len(drawn) == 200


def test_an_optimizer_of_ones_own_that_raises_is_refused_with_its_step(tmp_path: Path) -> None:
    class Broken(torch.optim.SGD):
        def step(self, closure: object = None) -> None:  # type: ignore[override]  # noqa: ARG002
            raise RuntimeError("no memory of step 0")

    with pytest.raises(InputError, match=r"The recipe's optimizer fails at step 1: RuntimeError: no memory of step 0"):
        trained(tmp_path, replace(RECIPE, optimizer=Broken))
