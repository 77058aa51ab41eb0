"""A budget counts a full evaluation as 1, a cheaper look as its share, and going on as the difference."""

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Trial
from hwnas.searches.budget import Spending


def trial(n: int, fidelity: str = "full", seed: int = 0) -> Trial:
    return Trial(Architecture({"n": n}), fidelity, seed)


def test_going_on_from_a_cheaper_look_costs_the_difference() -> None:
    spending = Spending({"epoch1": 0.25, "epoch2": 0.5})
    spending.pay(trial(1, "epoch1"))
    assert (spending.spent, spending.cost(trial(1, "epoch2")), spending.cost(trial(1))) == (0.25, 0.25, 0.75)
    spending.pay(trial(1))
    assert spending.spent == 1.0


def test_what_was_paid_for_is_free_from_then_on() -> None:
    spending = Spending({"epoch1": 0.25})
    for _ in range(2):
        spending.pay(trial(1))
        spending.pay(trial(1, "epoch1"))
    assert spending.spent == 1.0


def test_another_seed_another_architecture_and_an_unknown_fidelity_cost_as_much_as_a_full_one() -> None:
    spending = Spending({"epoch1": 0.25})
    for each in (trial(1), trial(1, seed=1), trial(2), trial(3, "unheard of")):
        assert spending.cost(each) == 1.0
        spending.pay(each)
    assert spending.spent == 4.0
