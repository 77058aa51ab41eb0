"""What the contract of training methods begins each stage with."""

from hwnas.testing.training import SPACE, first_steps
from hwnas.training.sandwich import sandwich


def test_the_first_step_of_a_stage_has_a_batch_of_as_many_examples_as_rows() -> None:
    steps = first_steps(sandwich(SPACE))
    assert [step.index for step in steps] == [0]
    for step in steps:
        assert step.of == 20
        assert len(step.batch.labels) == len(step.batch.inputs[0]) == len(step.rows) == 4
