"""The default strategy: preferences, and noisy objectives."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.strategies.surrogate import SurrogateSearch
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.regressors.ridge import ridge_of

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(8)])
OBJECTIVES = (Objective("good", "max"), Objective("cost"))


def truth(a: Architecture) -> dict[str, float]:
    values = np.array([float(a[f"c{i}"]) for i in range(8)])
    return {"good": float(np.sqrt(values.sum() + values[0])), "cost": 5.0 + float((values**2).sum())}


def driven(strategy: SurrogateSearch, rounds: int, noise: float = 0.0) -> list[Result]:
    rng, results = np.random.default_rng(0), list[Result]()
    for _ in range(rounds):
        batch = []
        for trial in strategy.ask(strategy.batch):
            figures = truth(trial.architecture)
            batch.append(Result(trial, {**figures, "cost": figures["cost"] + noise * float(rng.standard_normal())}))
        strategy.tell(batch)
        results += batch
    return results


def test_the_first_round_holds_the_extremes_and_the_rest_are_small_rounds_that_grow() -> None:
    strategy = SurrogateSearch(SPACE, OBJECTIVES, 0)
    first = driven(strategy, 1)
    assert len(first) == 8
    assert [r.trial.architecture for r in first[:2]] == [SPACE.smallest, SPACE.largest]
    assert strategy.batch == 5
    strategy._known |= {bytes([i]) for i in range(200)}
    assert strategy.batch == 10


def test_a_preference_draws_the_search_to_that_part_of_the_front() -> None:
    def cheap(preference: float | None) -> int:
        objectives = (OBJECTIVES[0], Objective("cost", preference=preference))
        results = driven(SurrogateSearch(SPACE, objectives, 0), 8)
        return sum(r.figures["cost"] <= 20 for r in results)

    assert cheap(20.0) > 1.3 * cheap(None)


def test_noisy_members_of_the_front_are_measured_again_under_another_number() -> None:
    noisy = SurrogateSearch(SPACE, (OBJECTIVES[0], Objective("cost", noisy=True)), 0)
    trials = [r.trial for r in driven(noisy, 10, 2.0)]
    assert len(set(trials)) == len(trials)
    assert 5 <= sum(t.seed > 0 for t in trials) <= 15
    again = noisy.ask(5)[0]
    assert again.seed > 0
    assert noisy.ask(5)[0] != again
    assert noisy.history.noise[1] == pytest.approx(2.0, rel=0.6)
    assert all(r.trial.seed == 0 for r in driven(SurrogateSearch(SPACE, OBJECTIVES, 0), 10))


def test_settings_that_contradict_are_refused() -> None:
    fit = ridge_of(SPACE)
    with pytest.raises(InputError, match="fit or scorer"):
        SurrogateSearch(SPACE, OBJECTIVES, 0, fit=fit, scorer=PerObjective(fit))
