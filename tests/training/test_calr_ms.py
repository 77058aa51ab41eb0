from pathlib import Path
from typing import Any

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


def begun(**settings: Any) -> Method:
    method = calr_ms(SPACE, **settings)
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


def test_small_ones_learn_by_a_power_of_the_recipes_curve_and_large_ones_by_a_root() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1)
    method = begun(falls=2.0)
    assert stepped(method, optimizer, parameter, SPACE.largest) == pytest.approx(PEAK * (0.1 / PEAK) ** 0.5)
    assert stepped(method, optimizer, parameter, SPACE.smallest) == pytest.approx(PEAK * (0.1 / PEAK) ** 2)
    assert 0.025 < stepped(method, optimizer, parameter, SPACE.middle) < 0.2


@pytest.mark.parametrize(("separate", "last"), [(True, 0.15), (False, 0.175)])
def test_the_momentum_of_one_option_does_not_move_another(separate: bool, last: float) -> None:  # noqa: FBT001
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1, momentum=0.5)
    method = begun(falls=1.0, choice="stage2.depth", separate=separate)
    others = SPACE.architecture({**SPACE.largest, "stage2.depth": SPACE.smallest["stage2.depth"]})
    moved = [stepped(method, optimizer, parameter, a) for a in (SPACE.largest, others, SPACE.largest)]
    assert moved[-1] == pytest.approx(last)


def test_sub_networks_with_the_same_option_have_one_momentum_whatever_their_size() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], 0.1, momentum=0.5)
    method = begun(falls=1.0, choice="stage2.depth")
    alike = SPACE.architecture({**SPACE.smallest, "stage2.depth": SPACE.largest["stage2.depth"]})
    assert [stepped(method, optimizer, parameter, a) for a in (SPACE.largest, alike)] == pytest.approx([0.1, 0.15])


def test_one_rate_and_one_momentum_are_single_paths_to_the_bit(tmp_path: Path) -> None:
    ends = []
    for name, method in (("one", calr_ms(OWN, falls=1.0, separate=False)), ("plain", uniform(OWN))):
        supernet = Supernet(OWN, seed=0)
        recipe = Recipe(epochs=3, batch_size=12, learning_rate=0.02)
        Trainer(supernet, TinyTask(OWN.inputs[0]), method, recipe, tmp_path / name).run()
        ends.append(supernet.shared)
    assert all(torch.equal(ends[0][name], tensor) for name, tensor in ends[1].items())


@pytest.mark.parametrize("falls", [0.5, float("nan"), float("inf")])
def test_what_is_out_of_range_is_refused(falls: float) -> None:
    with pytest.raises(InputError, match="falls of at least 1"):
        calr_ms(SPACE, falls=falls)


def test_a_choice_that_not_all_sub_networks_make_is_refused() -> None:
    with pytest.raises(InputError, match="a momentum for every option of a choice that is active in every"):
        calr_ms(SPACE, choice="stage9.depth")
