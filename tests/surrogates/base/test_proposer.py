"""Every strategy's memory: nothing is proposed twice, and a history is the means over repeats."""

import numpy as np
import pytest

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.surrogates.base.proposer import Proposer, history_of

SPACE = SearchSpace([Choice("a", (0, 1, 2)), Choice("b", (0, 1))])
OBJECTIVES = [Objective("accuracy", "max", limit=0.5), Objective("ms")]


class Stubborn(Proposer):
    """Always wants the same."""

    def _propose(self, n: int, rng: np.random.Generator) -> IntArray:  # noqa: ARG002
        return np.array([[2, 1], [2, 1], [0, 0]])


def result(genome: list[int], accuracy: float, ms: float, **trial: object) -> Result:
    return Result(Trial(SPACE.decode(np.array(genome)), **trial), {"accuracy": accuracy, "ms": ms})  # type: ignore[arg-type]


def genomes(trials: list[Trial]) -> list[list[int]]:
    return SPACE.encode_many(trial.architecture for trial in trials).tolist()


def test_candidates_come_in_their_order_once_and_the_rest_is_filled_up_at_random() -> None:
    strategy = Stubborn(SPACE, OBJECTIVES, 0)
    asked = genomes(strategy.ask(4))
    assert asked[:2] == [[2, 1], [0, 0]]
    asked += genomes(strategy.ask(4))
    assert sorted(asked) == sorted([a, b] for a in range(3) for b in range(2))
    assert strategy.ask(1) == []
    assert strategy.ask(0) == []


def test_the_same_history_gives_the_same_proposals() -> None:
    first, second = (Stubborn(SPACE, OBJECTIVES, 7) for _ in range(2))
    first.ask(2)
    second.tell([result([2, 1], 0.5, 1.0), result([0, 0], 0.5, 1.0)])
    assert genomes(first.ask(3)) == genomes(second.ask(3))


def test_a_history_holds_means_repeats_violations_and_the_pooled_noise() -> None:
    results = [
        result([0, 0], 0.8, 2.0),
        result([1, 0], 0.2, 1.0),
        result([0, 0], 0.6, 4.0, seed=1),
        result([2, 0], 0.9, 9.0, fidelity="epoch1"),
        Result(Trial(SPACE.decode(np.array([2, 1]))), {}, error="it failed"),
        result([1, 0], 0.4, 1.0, seed=1),
        result([1, 0], 0.3, 1.0, seed=2),
    ]
    history = history_of(SPACE, OBJECTIVES, results)
    assert history.genomes.tolist() == [[0, 0], [1, 0]]
    assert history.figures == pytest.approx(np.array([[0.7, 3.0], [0.3, 1.0]]))
    assert history.costs == pytest.approx(np.array([[-0.7, 3.0], [-0.3, 1.0]]))
    assert history.repeats.tolist() == [2, 3]
    assert history.violations == pytest.approx([0.0, 0.4])
    assert history.front.tolist() == [True, False]
    # Squares: 2 x 0.1^2 and 2 x 0.1^2 over 1 + 2 degrees of freedom; 2 x 1 and nothing.
    assert history.noise == pytest.approx([np.sqrt(0.04 / 3), np.sqrt(2 / 3)])
    assert history.unseen(np.array([[0, 0], [2, 0], [2, 1], [0, 1]])).tolist() == [False, False, False, True]


def test_without_repeats_there_is_no_noise() -> None:
    history = history_of(SPACE, OBJECTIVES, [result([0, 0], 0.8, 2.0)])
    assert history.noise.tolist() == [0.0, 0.0]
    assert len(history_of(SPACE, OBJECTIVES, [])) == 0
