import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.spaces.micro_cell import micro_cell
from hwnas.testing._own_cnn import own_space
from hwnas.training.path_dropout import path_dropout
from tests.steps import step_of

SPACE = own_space()
ORDERED = ("depth", "width", "kernel")


def drawn(index: int, n: int = 400, **settings: float) -> list[Architecture]:
    sampler = path_dropout(SPACE, **settings).architectures
    return [sampler.plan(step_of(SPACE, index, 10), np.random.default_rng(s))[0].architecture for s in range(n)]


def test_it_begins_with_the_largest_option_of_every_choice_that_has_an_order() -> None:
    for architecture in drawn(0, 20):
        assert all(architecture[name] == SPACE.largest[name] for name in ORDERED)


def test_choices_without_an_order_are_drawn_from_the_start() -> None:
    assert {architecture["pool"] for architecture in drawn(0, 20)} == {"max", "learnt"}


@pytest.mark.parametrize(("index", "rate"), [(1, 0.2), (3, 0.6), (5, 1.0), (9, 1.0)])
def test_the_rate_rises_linearly_until_all_options_are_drawn_alike(index: int, rate: float) -> None:
    architectures = drawn(index)
    for name in ORDERED:
        share = np.mean([a[name] != SPACE.largest[name] for a in architectures])
        assert share == pytest.approx(rate / 2, abs=0.08)  # of two options


def test_a_rate_below_1_keeps_the_largest_options_more_often_to_the_end() -> None:
    share = np.mean([a["width"] == SPACE.largest["width"] for a in drawn(9, rate=0.4)])
    assert share == pytest.approx(0.8, abs=0.08)


def test_it_keeps_to_the_sub_space_of_the_stage() -> None:
    step = step_of(SubSpace(SPACE, {"width": (4,)}))
    assert path_dropout(SPACE).architectures.plan(step, np.random.default_rng(0))[0].architecture["width"] == 4


def test_a_space_without_an_order_is_refused() -> None:
    with pytest.raises(InputError, match="no choice of space 'micro_cell' is ordered; train by 'uniform'"):
        path_dropout(micro_cell())


def test_an_ordered_choice_of_one_option_is_no_order() -> None:
    choices = [Choice("a", (1,)), Choice("b", ("x", "y"), ordered=False)]
    with pytest.raises(InputError, match="is ordered"):
        path_dropout(SearchSpace(choices, build=SPACE.build, inputs=SPACE.inputs))


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": 1.5}, {"rises": -0.1}, {"rises": 2.0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs a rate above 0"):
        path_dropout(SPACE, **wrong)
