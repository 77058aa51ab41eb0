"""What the contract of training methods begins each stage with, and what it refuses."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
import torch

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method, Schedule
from hwnas.contracts.training_step import Curve, Stage
from hwnas.testing.training import SPACE, Contract, Subject, first_steps, same
from hwnas.training.sandwich import sandwich


def test_the_first_step_of_a_stage_has_a_batch_of_as_many_examples_as_rows() -> None:
    steps = first_steps(sandwich(SPACE))
    assert [step.index for step in steps] == [0]
    for step in steps:
        assert step.of == 20
        assert len(step.batch.labels) == len(step.batch.inputs[0]) == len(step.rows) == 4


@dataclass
class Off(Schedule):
    """Takes so many steps more than there are."""

    by: int

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        return sandwich(space).schedule.stages(space, steps + self.by, curve)


@dataclass(frozen=True, eq=False)
class Miscounting(Subject):
    by: int = 0

    def method(self, **settings: object) -> Method:
        return replace(super().method(**settings), schedule=Off(self.by))


@pytest.mark.parametrize("by", [1, -1])
def test_stages_of_more_or_fewer_steps_than_there_are_are_refused(by: int) -> None:
    subject = Miscounting("training", "sandwich", {}, by)
    with pytest.raises(AssertionError, match=f"the stages of sandwich take {7 + by} of 7 steps"):
        Contract().test_its_stages_take_the_steps_there_are_at_rates_above_zero(subject, 7)


@dataclass
class Counting(Schedule):
    """Remembers a number; takes it up again unless it is forgetful."""

    count: int
    forgetful: bool = False

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        return sandwich(space).schedule.stages(space, steps, curve)

    def state(self) -> dict[str, object]:
        return {"count": self.count}

    def restore(self, state: Mapping[str, object]) -> None:
        self.count = 0 if self.forgetful else int(str(state["count"]))


@dataclass(frozen=True, eq=False)
class Remembering(Subject):
    """Trained up to a count of seven."""

    forgetful: bool = False

    def method(self, **settings: object) -> Method:
        return replace(super().method(**settings), schedule=Counting(0, self.forgetful))

    @property
    def trained(self) -> object:  # type: ignore[override]
        return SimpleNamespace(method=replace(super().method(), schedule=Counting(7)))


@pytest.mark.parametrize("forgetful", [False, True])
def test_what_a_seam_remembers_must_be_taken_up_again(*, forgetful: bool) -> None:
    subject = Remembering("training", "sandwich", {}, forgetful)
    refused = pytest.raises(AssertionError, match=r"`restore` of sandwich does not take up .*count")
    with refused if forgetful else nullcontext():
        Contract().test_what_its_seams_remember_is_what_another_one_goes_on_from(subject)


def test_tensors_are_the_same_where_all_are_to_the_bit() -> None:
    one, other = torch.zeros(2), torch.tensor([0.0, 1e-30])
    assert same({"a": one, "b": other}, {"b": other.clone(), "a": one.clone()})
    assert not same({"a": one, "b": other}, {"a": one, "b": one})
    assert not same({"a": one}, {"a": one, "b": other})
