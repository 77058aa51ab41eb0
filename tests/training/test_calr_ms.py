from pathlib import Path

import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Context, Job, Output
from hwnas.spaces.micro_widths import micro_widths
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_space
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.calr_ms import calr_ms
from hwnas.training.uniform import uniform
from tests.steps import step_of

SPACE = micro_widths()
OWN = own_space()
PEAK = 0.4


def begun(**settings: float) -> Method:
    method = calr_ms(SPACE, **settings)  # type: ignore[arg-type]
    method.schedule.stages(SPACE, 10, lambda step, steps: PEAK * (1 - step / steps))
    return method


def context_of(architecture: Architecture, parameter: nn.Parameter) -> Context:
    context = Context(step_of(SPACE), TinyTask(SPACE.inputs[0]), {"w": parameter})
    context.outputs.append((Job(architecture, "random"), Output(torch.zeros(4, 3))))
    return context


def stepped(
    method: Method, optimizer: torch.optim.Optimizer, parameter: nn.Parameter, architecture: Architecture
) -> float:
    """How far one step moves, at a rate of 0.1 and with a gradient of 1."""
    optimizer.param_groups[0]["lr"] = 0.1
    parameter.grad, before, context = torch.ones(1), float(parameter.detach()), context_of(architecture, parameter)
    method.update.before_step(context, optimizer)
    optimizer.step()
    method.update.after_step(context, optimizer)
    return before - float(parameter.detach())


def test_the_largest_learns_by_the_recipe_and_the_smallest_by_a_power_of_its_fall() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1)
    method = begun(falls=2.0)
    assert stepped(method, optimizer, parameter, SPACE.largest) == pytest.approx(0.1)
    assert stepped(method, optimizer, parameter, SPACE.smallest) == pytest.approx(PEAK * (0.1 / PEAK) ** 2)
    assert 0.025 < stepped(method, optimizer, parameter, SPACE.middle) < 0.1


def test_the_momentum_of_one_cluster_does_not_move_another() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1, momentum=0.5)
    method = begun(falls=1.0, clusters=2)
    moved = [stepped(method, optimizer, parameter, a) for a in (SPACE.largest, SPACE.smallest, SPACE.largest)]
    assert moved == pytest.approx([0.1, 0.1, 0.15])


def test_one_cluster_has_one_momentum() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1, momentum=0.5)
    method = begun(falls=1.0, clusters=1)
    assert [stepped(method, optimizer, parameter, a) for a in (SPACE.largest, SPACE.smallest)] == pytest.approx(
        [0.1, 0.15]
    )


def test_one_rate_and_one_momentum_are_single_paths_to_the_bit(tmp_path: Path) -> None:
    ends = []
    for name, method in (("one", calr_ms(OWN, falls=1.0, clusters=1)), ("plain", uniform(OWN))):
        supernet = Supernet(OWN, seed=0)
        recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
        Trainer(supernet, TinyTask(OWN.inputs[0]), method, recipe, tmp_path / name).run()
        ends.append(supernet.shared)
    assert all(torch.equal(ends[0][name], tensor) for name, tensor in ends[1].items())


@pytest.mark.parametrize("wrong", [{"falls": 0.5}, {"clusters": 0}, {"falls": float("nan")}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="falls and clusters of at least 1"):
        calr_ms(SPACE, **wrong)  # type: ignore[arg-type]
