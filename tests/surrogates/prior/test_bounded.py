"""However much was measured, the model learns from a bounded part of it: the best, and some of the rest."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.prior import bounded
from hwnas.surrogates.prior.enumerated import Listed
from hwnas.surrogates.prior.pooled import Pooled

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(4)])


def history(n: int) -> History:
    genomes = np.unique(SPACE.sample(2000, np.random.default_rng(0)), axis=0)[:n]
    trials = [Trial(SPACE.decode(g)) for g in genomes]
    figures = [{"loss": float(g.sum()), "cost": float(8 - g.sum() + g[0] ** 2)} for g in genomes]
    return history_of(
        SPACE, [Objective("loss"), Objective("cost")], [Result(t, f) for t, f in zip(trials, figures, strict=True)]
    )


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST", 40)


def test_up_to_the_bound_nothing_is_left_out() -> None:
    whole = history(40)
    assert bounded.bounded(whole, np.random.default_rng(0)) is whole


def test_beyond_it_the_best_half_stays_and_the_rest_is_drawn() -> None:
    whole = history(200)
    part = bounded.bounded(whole, np.random.default_rng(0))
    assert len(part) == len(part.figures) == len(part.violations) == len(part.repeats) == 40
    kept = {g.tobytes() for g in part.genomes}
    on_front = {g.tobytes() for g in whole.genomes[whole.front]}
    assert len(on_front & kept) >= min(len(on_front), 20)
    assert part.known is whole.known
    order = [g.tobytes() for g in whole.genomes]
    assert sorted(kept, key=order.index) == [g.tobytes() for g in part.genomes]
    other = bounded.bounded(whole, np.random.default_rng(1))
    assert {g.tobytes() for g in other.genomes} != kept


@pytest.mark.parametrize("scorer", [Pooled(SPACE), Listed(SPACE)], ids=["pooled", "listed"])
def test_models_learn_from_no_more(scorer: Pooled | Listed) -> None:
    model = scorer(history(200), np.random.default_rng(0))
    assert len(model.history) == 40
    assert np.isfinite(model(SPACE.sample(5, np.random.default_rng(2))).mean).all()
