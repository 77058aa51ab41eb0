"""What the contract of training methods begins each stage with, and what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method, Schedule
from hwnas.contracts.training_step import Curve, Stage
from hwnas.testing.training import SPACE, Contract, Subject, first_steps
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


class Miscounting(Subject):
    by: int

    def method(self, **settings: object) -> Method:
        return replace(super().method(**settings), schedule=Off(self.by))


@pytest.mark.parametrize("by", [1, -1])
def test_stages_of_more_or_fewer_steps_than_there_are_are_refused(by: int) -> None:
    subject = Miscounting("training", "sandwich", {})
    object.__setattr__(subject, "by", by)
    with pytest.raises(AssertionError, match=f"the stages of sandwich take {7 + by} of 7 steps"):
        Contract().test_its_stages_take_the_steps_there_are_at_rates_above_zero(subject, 7)
