"""PNAS opens one block after the other; CTNAS's controller learns to write what the comparator prefers."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.strategies.ctnas import Contest
from hwnas.strategies.pnas import PNAS
from hwnas.strategies.random import RandomSearch
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.seams import Predict

SPACE = SearchSpace([Choice(f"size{i}", (0, 1, 2, 3)) for i in range(6)])
COST = [Objective("cost")]


def results(trials: list[Trial]) -> list[Result]:
    return [Result(t, {"cost": -float(sum(t.architecture.values()))}) for t in trials]  # type: ignore[arg-type]


def test_every_round_opens_one_more_block_of_the_survivors() -> None:
    strategy = PNAS(SPACE, COST, 0, blocks=3, beam=8, epochs=40)
    last = np.zeros((1, 6), dtype=np.int64)
    for opened in range(3):
        trials = strategy.ask(8)
        genomes = np.stack([SPACE.encode(t.architecture) for t in trials])
        assert (genomes[:, 2 * opened + 2 :] == 0).all()
        assert all((g[: 2 * opened] == last[:, : 2 * opened]).all(axis=1).any() for g in genomes)
        strategy.tell(results(trials))
        last = genomes
    assert last.sum(axis=1).max() >= 13  # of 18; the last block is a guess, since nothing was seen of it


def test_unopened_blocks_are_what_they_are_told_to_be() -> None:
    rest = dict.fromkeys(SPACE.names, 2)
    strategy = PNAS(SPACE, COST, 0, blocks=6, beam=3, rest=rest)
    assert all(list(t.architecture.values())[1:] == [2] * 5 for t in strategy.ask(3))


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="PNAS needs"):
        PNAS(SPACE, COST, 0, blocks=0)


def true_fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:  # noqa: ARG001
    return lambda asked: -asked.sum(axis=1).astype(float)


def test_what_the_controller_writes_gets_better() -> None:
    strategy = RandomSearch(SPACE, COST, 0)
    strategy.tell(results(strategy.ask(20)))
    model = PerObjective(true_fit)(strategy.history, np.random.default_rng(0))
    written = Contest(steps=60)(strategy.history, model, np.random.default_rng(1))
    assert written[:50].sum(axis=1).mean() > written[-50:].sum(axis=1).mean() + 3
    assert (written == SPACE.canonical(written)).all()


def test_the_baseline_is_renewed_after_as_many_steps_as_it_says() -> None:
    strategy = RandomSearch(SPACE, COST, 0)
    strategy.tell(results(strategy.ask(20)))
    model = PerObjective(true_fit)(strategy.history, np.random.default_rng(0))

    def written(renewed: int) -> list[list[int]]:
        contest = Contest(steps=12, renewed=renewed, rate=0.03)
        return contest(strategy.history, model, np.random.default_rng(1)).tolist()

    assert written(3) != written(0)
    assert written(12) == written(0)  # after the last step it teaches nothing
