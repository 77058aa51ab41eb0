import pytest

from hwnas.contracts.errors import InputError
from hwnas.training._recipe import Recipe


def test_the_rate_warms_up_then_falls_to_almost_nothing() -> None:
    rates = [Recipe(warmup_steps=10).rate(step, 100) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 1e-3 * max(rates)
    assert max(rates) <= 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": float("nan")},
        {"epochs": float("inf")},
        {"batch_size": 0},
        {"learning_rate": -1.0},
        {"learning_rate": float("inf")},
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="positive epochs, batch size and learning rate"):
        Recipe(**wrong)  # type: ignore[arg-type]


def test_a_budget_of_no_passes_is_refused() -> None:
    with pytest.raises(InputError, match="at least one sub-network pass, got 0"):
        Recipe(passes=0)
