"""What is particular to each strategy with fidelities."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies._fidelities.ladder import LadderSearch
from hwnas.strategies.asha import Asha
from hwnas.strategies.bohb import Bohb, Density
from hwnas.strategies.curve_extrapolation import CurveExtrapolation, extrapolated
from hwnas.strategies.hyperband import Hyperband
from hwnas.strategies.rank_nosh import RankNosh
from hwnas.strategies.successive_halving import SuccessiveHalving
from hwnas.surrogates.regressors.pairwise import fit_pairs, pairs_of, with_products

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(5)])
LOSS = [Objective("loss")]
SHARES = {"ninth": 1 / 9, "third": 1 / 3}


def answer(strategy: LadderSearch, trials: list[Trial]) -> None:
    strategy.tell([Result(t, {"loss": float(sum(t.architecture.values()))}) for t in trials])  # type: ignore[arg-type]


def rungs(trials: list[Trial]) -> list[str]:
    return [t.fidelity for t in trials]


def test_successive_halving_keeps_the_best_third_of_a_whole_cohort() -> None:
    strategy = SuccessiveHalving(SPACE, LOSS, 0, fidelities=SHARES, cohort=9)
    first = strategy.ask(9)
    answer(strategy, first)
    second = strategy.ask(3)
    answer(strategy, second)
    assert rungs(first + second) == ["ninth"] * 9 + ["third"] * 3
    best = sorted(sum(t.architecture.values()) for t in first)[:3]  # type: ignore[arg-type]
    assert sorted(sum(t.architecture.values()) for t in second) == best  # type: ignore[arg-type]
    assert rungs(strategy.ask(2)) == ["full", "ninth"]


def test_successive_halving_begins_the_next_cohort_while_it_waits() -> None:
    strategy = SuccessiveHalving(SPACE, LOSS, 0, fidelities=SHARES, cohort=9)
    assert rungs(strategy.ask(20)) == ["ninth"] * 20


def test_hyperband_takes_turns_between_cohorts_of_its_authors_sizes() -> None:
    strategy = Hyperband(SPACE, LOSS, 0, fidelities=SHARES)
    assert [strategy._cohort(i) for i in range(4)] == [(0, 9), (1, 3), (2, 3), (0, 9)]


def test_asha_promotes_as_soon_as_there_are_three_and_never_waits() -> None:
    strategy = Asha(SPACE, LOSS, 0, fidelities=SHARES)
    trials = strategy.ask(3)
    answer(strategy, trials)
    (up, new) = strategy.ask(2)
    assert (up.fidelity, new.fidelity) == ("third", "ninth")
    assert sum(up.architecture.values()) == min(sum(t.architecture.values()) for t in trials)  # type: ignore[arg-type]


def test_bohb_draws_where_good_answers_are_dense() -> None:
    strategy = Bohb(SPACE, LOSS, 0)
    answer(strategy, strategy.ask(60))
    asked = strategy.ask(60)
    assert np.mean([sum(t.architecture.values()) for t in asked]) < 6.2  # type: ignore[arg-type]  # 7.5 at random; a third is random


def test_a_density_over_genes_sums_to_one() -> None:
    space = SearchSpace([Choice("a", (0, 1, 2)), Choice("b", (0, 1))])
    density = Density(np.array([[0, 1], [2, 1], [0, 0]]), space.sizes)
    every = np.array([[a, b] for a in range(3) for b in range(2)])
    assert np.exp(density.log_density(every)).sum() == pytest.approx(1)


def test_rank_nosh_moves_a_falling_share_of_each_round_up_and_may_take_a_loser() -> None:
    strategy = RankNosh(SPACE, LOSS, 0, fidelities=SHARES, initial=8, each=4, ratio=0.5)
    answer(strategy, strategy.ask(8))
    asked = []
    for _ in range(14):
        asked.append(strategy.ask(1)[0])
        answer(strategy, asked[-1:])
    assert rungs(asked) == ["third"] * 4 + ["full"] * 2 + ["ninth"] * 4 + ["third"] * 2 + ["full"] + ["ninth"]


def test_rank_nosh_asks_for_better_ones_once_it_has_learnt() -> None:
    strategy = RankNosh(SPACE, LOSS, 0, fidelities=SHARES, initial=20, each=10)
    for _ in range(8):
        answer(strategy, strategy.ask(10))
    late = list(strategy._fresh)[40:]
    assert np.mean([np.frombuffer(name, dtype=np.int64).sum() for name in late]) < 5


def test_pairs_put_the_better_first_and_further_rungs_before_nearer_ones() -> None:
    pairs = pairs_of([np.array([0, 1, 2]), np.array([3, 4])], 100, np.random.default_rng(0))
    assert {tuple(p) for p in pairs.tolist()} == {
        (0, 1), (0, 2), (1, 2), (3, 4), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2)
    }  # fmt: skip


def test_a_ranker_learns_an_order_that_needs_products() -> None:
    x = np.random.default_rng(0).integers(0, 2, (60, 4)).astype(float)
    value = (x[:, 0] != x[:, 1]) + 0.1 * x[:, 2]
    order = np.argsort(-value, kind="stable")
    features = with_products(x)
    score = features @ fit_pairs(features, pairs_of([order], 4000, np.random.default_rng(1)), 0.01)
    better = value[:, None] > value[None]
    assert (score[:, None] > score[None])[better].mean() > 0.95


def test_extrapolation_learns_what_curves_gain_and_how_sure_that_is() -> None:
    rng = np.random.default_rng(0)
    last = rng.random((60, 1))
    features = np.stack([last, rng.random((60, 1)), rng.random((60, 1))], axis=2)
    end = last - 0.3 + 0.05 * rng.standard_normal((60, 1))
    mean, error = extrapolated(features[:40], end[:40], features[40:])
    assert np.abs(mean - (last[40:] - 0.3)).max() < 0.06
    assert error[0] == pytest.approx(0.05, rel=0.3)


def test_curve_extrapolation_stops_the_hopeless_and_finishes_the_hopeful() -> None:
    strategy = CurveExtrapolation(SPACE, LOSS, 0, fidelities=SHARES)
    for _ in range(20):
        answer(strategy, strategy.ask(5))
    seen = [{sum(np.frombuffer(n, dtype=np.int64)) for n in strategy._asked[r]} for r in (0, 2)]
    hopeless = [n for n in list(strategy._fresh)[strategy.initial :] if np.frombuffer(n, dtype=np.int64).sum() > 9]
    assert hopeless
    assert not strategy._asked[2] & set(hopeless)
    assert min(seen[1]) == min(seen[0])


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (SuccessiveHalving, {"eta": 1}), (SuccessiveHalving, {"cohort": 0}), (Hyperband, {"eta": 1}),
        (Asha, {"eta": 0}), (RankNosh, {"ratio": 1.0}), (RankNosh, {"initial": 1}),
        (CurveExtrapolation, {"initial": 3}),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make: type[LadderSearch], wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong)) + "|ratio|initial"):
        make(SPACE, LOSS, 0, **wrong)  # type: ignore[arg-type]
