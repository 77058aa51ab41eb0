import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Method, Schedule
from hwnas.contracts.training_step import Curve, Stage
from hwnas.testing._own_cnn import own_space
from hwnas.training._recipe import Recipe
from hwnas.training._stages import Stages, divided, stages_of, steps_within, warn_of_left_out
from hwnas.training.exssnet import exssnet
from hwnas.training.sandwich import sandwich
from hwnas.training.supertickets import supertickets

SPACE = own_space()


def stage(steps: int, name: str = "") -> Stage:
    return Stage(SubSpace(SPACE), steps, lambda _: 0.1, name=name)


class Two(Schedule):
    """Half of the steps twice, or as many as told."""

    def __init__(self, *steps: int) -> None:
        self.steps = steps

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> list[Stage]:  # noqa: ARG002
        return [stage(n, name) for n, name in zip(self.steps or divided(steps, (1, 1)), "ab", strict=True)]


class MoreInTheSecond(ArchitectureSampler):
    """One sub-network in the first stage, three in the second."""

    def passes(self, stage: Stage) -> float:
        return 1.0 if stage.name == "a" else 3.0


@given(st.integers(0, 300), st.lists(st.floats(0.01, 10), min_size=1, max_size=6))
def test_a_division_takes_all_steps_and_keeps_to_the_shares(steps: int, weights: list[float]) -> None:
    parts = divided(steps, weights)
    assert sum(parts) == steps
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - steps * weight / sum(weights)) <= 1.001


def test_a_step_is_found_in_its_stage_with_its_number_there() -> None:
    stages = Stages([stage(2, "a"), stage(3, "b")])
    assert [(stages.at(i)[0].name, stages.at(i)[1]) for i in range(5)] == [
        ("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2),
    ]  # fmt: skip


def test_stages_keep_to_what_is_left_of_the_space() -> None:
    stages = Stages([stage(2), stage(3)])
    stages.narrow({"width": (4,)})
    assert all(stages.at(i)[0].space.largest["width"] == 4 for i in range(5))


@pytest.mark.parametrize("steps", [(3, 3), (-1, 6)])
def test_stages_that_do_not_take_the_steps_there_are_are_refused(steps: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="stages of method 'x' should take 5 steps"):
        stages_of(Method("x", schedule=Two(*steps)), SPACE, 5, Recipe().rate)


@pytest.mark.parametrize("passes", [4, 7, 8, 100, 1001])
def test_steps_are_as_many_as_the_passes_allow(passes: int) -> None:
    uniform, varying = Method("x"), Method("y", schedule=Two(), architectures=MoreInTheSecond())
    assert steps_within(uniform, SPACE, passes, Recipe().rate) == passes
    assert steps_within(sandwich(SPACE, randoms=2), SPACE, passes, Recipe().rate) == passes // 4
    assert abs(steps_within(varying, SPACE, passes, Recipe().rate) - passes // 2) <= 1


def test_fewer_passes_than_a_step_takes_are_refused() -> None:
    with pytest.raises(InputError, match="takes 4 sub-network passes, got a budget of 3"):
        steps_within(sandwich(SPACE, randoms=2), SPACE, 3, Recipe().rate)


@pytest.mark.parametrize(("steps", "is_enough"), [(7, False), (17, False), (18, True)])
def test_stages_that_too_few_steps_leave_out_are_said_with_how_many_are_enough(steps: int, is_enough: bool) -> None:  # noqa: FBT001
    method = supertickets(SPACE, phases=8, reactivate=True)
    stages = method.schedule.stages(SPACE, steps, Recipe().rate)
    assert all(stage.steps for stage in stages) == is_enough
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warn_of_left_out(method, SPACE, steps, Recipe().rate)
    pattern = rf"of {steps} steps leaves none for \d+ of the 16 stages of method 'supertickets'.*from 18 steps on"
    assert [bool(re.search(pattern, str(warning.message))) for warning in said] == [True] * (not is_enough)


def test_a_stage_that_is_to_have_no_step_is_not_missed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_left_out(Method("x", schedule=Two(0, 5)), SPACE, 5, Recipe().rate)
        warn_of_left_out(exssnet(SPACE, masks=1.0), SPACE, 5, Recipe().rate)
