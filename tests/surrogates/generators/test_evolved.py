"""Candidates: legal, new, and the best of the predictions among them."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.strategies.random import RandomSearch
from hwnas.surrogates.base.per_objective import PerObjective
from hwnas.surrogates.base.seams import Generator, Guess, Predict
from hwnas.surrogates.generators.evolved import Evolved, FrontMutants, Imagined, RandomPool, best_ranks, crowding

SPACE = SearchSpace(
    [
        Choice("depth", (0, 1, 2)),
        *(Choice(f"size{i}", (0, 1, 2, 3), active_if={"depth": (1, 2)} if i % 2 else {}) for i in range(6)),
        Choice("kind", ("a", "b", "c"), ordered=False),
    ]
)
OBJECTIVES = [Objective("good", "max"), Objective("cost")]


def true_fit(genomes: IntArray, figures: FloatArray, objective: Objective) -> Predict:  # noqa: ARG001
    weights = np.arange(1, 9) if objective.name == "good" else np.arange(9, 1, -1)
    return lambda asked: (asked * weights).sum(axis=1).astype(float)


def told(n: int = 20) -> RandomSearch:
    strategy = RandomSearch(SPACE, OBJECTIVES, 0)
    trials = strategy.ask(n)
    genomes = np.stack([SPACE.encode(t.architecture) for t in trials])
    good, cost = (true_fit(genomes, np.zeros(n), o)(genomes) for o in OBJECTIVES)
    strategy.tell([Result(t, {"good": float(a), "cost": float(b)}) for t, a, b in zip(trials, good, cost, strict=True)])
    return strategy


@pytest.mark.parametrize(
    "generator",
    [Evolved(40, 40, 5), Evolved(40, 40, 5, most=30), Imagined(Evolved(40, 40, 5)), RandomPool(50), FrontMutants(50)],
)
def test_candidates_are_canonical_and_the_same_for_the_same_draws(generator: Generator) -> None:
    history = told().history
    model = PerObjective(true_fit)(history, np.random.default_rng(0))
    pools = [generator(history, model, np.random.default_rng(1)) for _ in range(2)]
    assert (pools[0] == pools[1]).all()
    assert (SPACE.canonical(pools[0]) == pools[0]).all()


def test_evolution_scores_nothing_twice_and_finds_the_best_of_the_predictions() -> None:
    history = told().history
    model = PerObjective(true_fit)(history, np.random.default_rng(0))
    pool = Evolved(60, 60, 40)(history, model, np.random.default_rng(1))
    assert len(np.unique(pool, axis=0)) == len(pool)
    everything = SPACE.canonical(np.stack(np.meshgrid(*[np.arange(s) for s in SPACE.sizes]), -1).reshape(-1, 8))
    ratio = lambda genomes: (model(genomes).mean @ [1.0, 1.0]).min()  # noqa: E731
    assert ratio(pool) == ratio(everything)


def test_the_best_ranks_are_within_the_limits_then_not_dominated_then_far_apart() -> None:
    mean = np.array([[0.0, 0.0], [1.0, 5.0], [2.0, 4.0], [2.1, 3.9], [5.0, 1.0], [6.0, 6.0]])
    guess = Guess(mean, np.zeros_like(mean), np.array([1.0, 0, 0, 0, 0, 0]))
    assert set(best_ranks(guess, 2).tolist()) == {1, 4}
    assert set(best_ranks(guess, 4).tolist()) == {1, 2, 3, 4}
    assert best_ranks(guess, 9).tolist() == list(range(6))


def test_crowding_is_infinite_at_the_ends_and_the_room_to_the_neighbours_between() -> None:
    costs = np.array([[0.0, 4.0], [1.0, 3.0], [4.0, 0.0]])
    assert crowding(costs).tolist() == [np.inf, 2.0, np.inf]


def test_what_may_be_true_instead_is_searched_too() -> None:
    """The mean holds small kinds for good, the drawn function large ones: each has its own candidates."""

    class Certain:
        def __init__(self, sign: float) -> None:
            self.sign = sign

        def __call__(self, genomes: IntArray) -> Guess:
            cost = self.sign * genomes.sum(axis=1).astype(float)
            return Guess(np.stack([cost, cost], axis=1), np.zeros((len(genomes), 2)), np.zeros(len(genomes)))

        def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
            raise NotImplementedError

    class Doubtful(Certain):
        def imagined(self, rng: np.random.Generator) -> Certain:  # noqa: ARG002
            return Certain(-self.sign)

    history, evolved = told().history, Evolved(40, 40, 10, most=20)
    sure = Imagined(evolved)(history, Certain(1.0), np.random.default_rng(0)).sum(axis=1)
    both = Imagined(evolved)(history, Doubtful(1.0), np.random.default_rng(0)).sum(axis=1)
    most = int((SPACE.sizes - 1).sum())
    assert sure.min() == both.min() == 0
    assert sure.max() < most == both.max()
