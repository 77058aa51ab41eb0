import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.testing._own_cnn import own_space
from hwnas.training._recipe import Recipe
from hwnas.training.bignas import bignas
from tests.steps import step_of

SPACE = own_space()


def rates(steps: int, **settings: float) -> list[float]:
    recipe = Recipe(learning_rate=0.1, warmup_steps=10)
    (stage,) = bignas(SPACE, **settings).schedule.stages(SPACE, steps, recipe.rate)  # type: ignore[arg-type]
    return [stage.rate(i) for i in range(steps)]


def test_the_rate_rises_as_the_recipe_says_then_falls_by_one_factor_and_stays() -> None:
    found = rates(209, floor=0.05, falls=0.5)
    assert found[:10] == pytest.approx([0.01 * (i + 1) * 1.0 for i in range(10)], rel=0.01)
    assert found[9 + 50] == pytest.approx(found[9] * 0.05**0.5)
    ratios = np.diff(np.log(found[9:109]))
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert found[109:] == pytest.approx([found[9] * 0.05] * 100)


def test_a_floor_of_one_never_falls() -> None:
    assert rates(50, floor=1.0)[9:] == pytest.approx([rates(50)[9]] * 41)


def test_it_plans_as_the_sandwich_rule_does() -> None:
    jobs = bignas(SPACE, randoms=1).architectures.plan(step_of(SPACE), np.random.default_rng(0))
    assert [job.role for job in jobs] == ["largest", "random", "smallest"]


@pytest.mark.parametrize("wrong", [{"floor": 0.0}, {"floor": 1.5}, {"falls": 0.0}, {"falls": 2.0}])
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="needs floor and falls above 0 and at most 1"):
        bignas(SPACE, **wrong)  # type: ignore[arg-type]
