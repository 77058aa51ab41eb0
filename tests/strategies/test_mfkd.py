"""Co-kriging uses hints as far as they are worth it; MF-KD asks for hints first, then for the truth."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies.mfkd import MFKD
from hwnas.surrogates.regressors.cokriging import CoKriging, cokriging
from hwnas.surrogates.regressors.distances import hamming

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(6)])
LOSS = [Objective("loss")]
FIDELITIES = {"kd1": 0.1, "plain3": 0.3}
WEIGHTS = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.5])


def truth(genomes: np.ndarray) -> np.ndarray:
    return ((genomes - 1) ** 2 * WEIGHTS).sum(axis=1)


def results(trials: list[Trial]) -> list[Result]:
    found = []
    for trial in trials:
        value = float(truth(SPACE.encode(trial.architecture)[None])[0])
        found.append(Result(trial, {"loss": value if trial.fidelity == "full" else 100 + 0.2 * value}))
    return found


@pytest.mark.parametrize(("useful", "rho"), [(True, 1.0), (False, 0.0)])
def test_hints_count_as_much_as_they_say_of_the_truth(useful: bool, rho: float) -> None:  # noqa: FBT001
    rng = np.random.default_rng(0)
    hinted, few, others = SPACE.sample(100, rng), SPACE.sample(25, rng), SPACE.sample(200, rng)
    hints = 100 + 0.2 * truth(hinted) if useful else rng.standard_normal(100)
    fitted = cokriging(hamming(SPACE), hinted, {"loss": hints})(few, truth(few), LOSS[0])
    assert isinstance(fitted, CoKriging)
    assert abs(fitted.rho - rho) <= 0.25
    without = cokriging(hamming(SPACE), hinted[:0], {"loss": hints[:0]})(few, truth(few), LOSS[0])
    errors = [np.abs(model(others)[0] - truth(others)).mean() for model in (fitted, without)]
    assert errors[0] < errors[1] * (0.8 if useful else 1.2)


def test_hints_come_first_then_the_truth_of_some_of_them_then_the_truth_only() -> None:
    strategy = MFKD(SPACE, LOSS, 0, fidelities=FIDELITIES, hints=30, initial=10, pool=60, steps=5)
    asked: list[Trial] = []
    for _ in range(6):
        trials = strategy.ask(10)
        strategy.tell(results(trials))
        asked += trials
    assert [t.fidelity for t in asked] == ["kd1"] * 30 + ["full"] * 30
    hinted = {t.architecture for t in asked[:30]}
    assert len(hinted) == 30
    assert {t.architecture for t in asked[30:40]} < hinted
    assert len({t.architecture for t in asked[30:]}) == 30
    values = [float(truth(SPACE.encode(t.architecture)[None])[0]) for t in asked[30:]]
    assert np.mean(values[10:]) < np.mean(values[:10])


def test_told_the_same_a_fresh_one_asks_the_same() -> None:
    first, second = (MFKD(SPACE, LOSS, 0, fidelities=FIDELITIES, hints=15, initial=5, pool=60, steps=3) for _ in "ab")
    told: list[Result] = []
    for _ in range(4):
        told += results(first.ask(8))
        first.tell(told[-8:])
    second.tell(told)
    assert second.ask(8) == first.ask(8)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"initial": 1}, {"hints": -1}, {"fidelities": {"half": 2.0}}):
        with pytest.raises(InputError, match="MF-KD needs"):
            MFKD(SPACE, LOSS, 0, **wrong)  # type: ignore[arg-type]


def test_it_likes_to_learn_after_the_hints_after_the_beginning_and_then_often() -> None:
    strategy, batches = MFKD(SPACE, LOSS, 0, fidelities=FIDELITIES, hints=30, initial=12, pool=60, steps=5), []
    for _ in range(4):
        trials = strategy.ask(strategy.batch)
        strategy.tell(results(trials))
        batches.append((len(trials), trials[0].fidelity))
    assert batches == [(30, "kd1"), (12, "full"), (5, "full"), (5, "full")]


def test_it_asks_for_as_many_as_it_is_asked() -> None:
    strategy = MFKD(SPACE, LOSS, 0, fidelities=FIDELITIES, hints=600, initial=10)
    assert [t.fidelity for t in strategy.ask(300)] == ["kd1"] * 300
