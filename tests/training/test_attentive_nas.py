from dataclasses import replace

import numpy as np
import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Job, Output
from hwnas.spaces.micro_widths import micro_widths
from hwnas.training._size import Sizes
from hwnas.training.attentive_nas import attentive_nas, one_hot, ridge
from tests.steps import context_of, statistics_of, step_of

SPACE = micro_widths()
STEP = step_of(SPACE)


def taught(method: Method, rounds: int = 40) -> Method:
    """That deep first stages are good: their loss is less by their depth."""
    rng = np.random.default_rng(0)
    right = torch.nn.functional.one_hot(STEP.batch.labels, 3).float()
    for _ in range(rounds):
        context = context_of(STEP)
        context.outputs.append((Job(SPACE.largest, "largest"), Output(right * 3)))
        architecture = SPACE.decode(SPACE.sample(1, rng)[0])
        context.outputs.append((Job(architecture, "random"), Output(right * int(architecture["stage1.depth"]))))
        method.architectures.on_step(replace(statistics_of(STEP), context=context))
    return method


def chosen(method: Method, n: int = 40) -> np.ndarray:
    plans = [method.architectures.plan(STEP, np.random.default_rng(seed)) for seed in range(n)]
    return np.array([int(job.architecture["stage1.depth"]) for plan in plans for job in plan[1:-1]])


def test_a_step_has_the_largest_the_attended_and_the_smallest() -> None:
    jobs = attentive_nas(SPACE, randoms=3).architectures.plan(STEP, np.random.default_rng(0))
    assert [job.role for job in jobs] == ["largest", "random", "random", "random", "smallest"]
    assert (jobs[0].architecture, jobs[-1].architecture) == (SPACE.largest, SPACE.smallest)


def test_the_best_up_trains_what_is_thought_better_than_others_of_its_size_and_the_worst_up_what_is_not() -> None:
    best, worst, not_taught = (
        chosen(m).mean()
        for m in (taught(attentive_nas(SPACE)), taught(attentive_nas(SPACE, up="worst")), attentive_nas(SPACE))
    )
    assert worst < not_taught - 0.3
    assert best > not_taught + 0.3


def test_sizes_are_those_of_uniformly_drawn_sub_networks() -> None:
    sizes, method = Sizes(SPACE, "x"), taught(attentive_nas(SPACE))
    plans = [method.architectures.plan(STEP, np.random.default_rng(seed)) for seed in range(200)]
    attended = sizes.of(SPACE.encode_many(job.architecture for plan in plans for job in plan[1:-1]))
    uniform = sizes.of(SPACE.sample(4000, np.random.default_rng(0)))
    shares = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(np.quantile(attended, shares), np.quantile(uniform, shares), rtol=0.2)


def test_too_little_known_is_not_used() -> None:
    few = taught(attentive_nas(SPACE), rounds=int(sum(SPACE.sizes)) - 1)
    assert (chosen(few) == chosen(attentive_nas(SPACE))).all()


def test_a_regression_finds_effects_that_add_up() -> None:
    rng = np.random.default_rng(0)
    genomes = SPACE.sample(300, rng)
    effects = rng.normal(size=int(sum(SPACE.sizes)))
    known, asked = one_hot(SPACE, genomes[:250]), one_hot(SPACE, genomes[250:])
    np.testing.assert_allclose(ridge(known, known @ effects, asked), asked @ effects, atol=0.15)


def test_what_is_known_goes_on_in_another_process() -> None:
    one, other = taught(attentive_nas(SPACE)), attentive_nas(SPACE)
    other.restore(one.state())
    assert (chosen(other, 10) == chosen(one, 10)).all()


@pytest.mark.parametrize("wrong", [{"candidates": 1}, {"candidates": 9, "pool": 8}, {"randoms": 0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="at least 2 candidates"):
        attentive_nas(SPACE, **wrong)  # type: ignore[arg-type]


def test_another_word_than_best_or_worst_is_refused() -> None:
    with pytest.raises(InputError, match="setting up of method 'attentive_nas'"):
        attentive_nas(SPACE, up="middle")  # type: ignore[arg-type]
