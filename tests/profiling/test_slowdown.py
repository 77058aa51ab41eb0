import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.profiling.slowdown import FEWEST_MODELS, STRONGEST, Slowdown, _means, fit_slowdown

SIZES = np.linspace(-0.8, 0.8, 40)  # logarithms of quotients at the baseline speed


def session(
    slowdown: Slowdown, *, rounds: int = 10, noise: float = 0.0, seed: int = 0
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Models, quotients and slowness, one timing in two at 1.3 to 2 times the baseline time."""
    rng = np.random.default_rng(seed)
    models = np.repeat(np.arange(len(SIZES)), rounds)
    slowness = np.where(rng.random(len(models)) < 0.5, 1.0, rng.uniform(1.3, 2.0, len(models)))
    power = slowdown.alike + slowdown.by_size * SIZES[models]
    return models, np.exp(SIZES[models] + noise * rng.normal(size=len(models))) * slowness**power, slowness


@given(alike=st.floats(-0.3, 0.3), by_size=st.floats(-0.3, 0.3), seed=st.integers(0, 100))
def test_a_slowdown_is_found_and_taken_out(alike: float, by_size: float, seed: int) -> None:
    models, quotients, slowness = session(Slowdown(alike, by_size), noise=0.02, seed=seed)
    found = fit_slowdown(models, quotients, slowness)
    assert found.alike == pytest.approx(alike, abs=0.04)
    # The size is known from slowed quotients: what is found is as much smaller as these are closer together.
    errors = np.log(found.straightened(models, quotients, slowness)) - SIZES[models]
    assert abs(np.mean(errors[slowness > 1]) - np.mean(errors[slowness == 1])) < 0.01
    assert np.abs(errors).mean() < 0.02


def test_absurd_timings_do_not_decide() -> None:
    models, quotients, slowness = session(Slowdown(-0.06, -0.24), noise=0.02)
    quotients[::25] *= 3
    found = fit_slowdown(models, quotients, slowness)
    assert found.alike == pytest.approx(-0.06, abs=0.04)
    assert found.by_size == pytest.approx(-0.24, abs=0.08)


def test_a_machine_that_slows_all_alike_is_left_as_it_is() -> None:
    models, quotients, slowness = session(Slowdown(), noise=0.01)
    found = fit_slowdown(models, quotients, slowness)
    np.testing.assert_allclose(found.straightened(models, quotients, slowness), quotients, rtol=0.01)


def test_few_models_or_rounds_tell_nothing() -> None:
    models, quotients, slowness = session(Slowdown(-0.2, -0.2))
    few = models < FEWEST_MODELS - 1
    assert fit_slowdown(models[few], quotients[few], slowness[few]) == Slowdown()
    models, quotients, slowness = session(Slowdown(-0.2, -0.2), rounds=3)
    assert fit_slowdown(models, quotients, slowness) == Slowdown()
    assert Slowdown().straightened(models, quotients, slowness) == pytest.approx(quotients)


def test_no_figure_is_changed_by_more_than_the_slowness() -> None:
    models, quotients, slowness = session(Slowdown())
    changed = Slowdown(-50.0, 10.0).straightened(models, quotients, slowness) / quotients
    assert np.all(np.abs(np.log(changed)) <= STRONGEST * np.log(slowness) + 1e-12)


def test_twenty_models_of_four_rounds_are_enough_and_nineteen_or_three_are_not() -> None:
    models, quotients, slowness = session(Slowdown(-0.2, 0.0), rounds=4)
    twenty, nineteen = models < 20, models < 19
    assert fit_slowdown(models[twenty], quotients[twenty], slowness[twenty]).alike == pytest.approx(-0.2)
    assert fit_slowdown(models[nineteen], quotients[nineteen], slowness[nineteen]) == Slowdown()


def test_the_mean_of_a_model_is_that_of_its_own_timings() -> None:
    assert _means(np.array([0, 0, 2]), np.array([1.0, 3.0, 5.0])).tolist() == [2.0, 2.0, 5.0]
