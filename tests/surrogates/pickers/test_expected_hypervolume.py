"""Expected hypervolume: the formula is the mean over draws, in gaps and at the ends, with limits and preferences."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.indicators import hypervolume
from hwnas.surrogates.base.per_objective import violations
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import Guess, History
from hwnas.surrogates.pickers.expected_hypervolume import ExpectedHypervolume, below_gains, point_gains, strip_gains
from hwnas.surrogates.prior.marginal import Marginal
from hwnas.surrogates.prior.warping import Softened

SPACE = SearchSpace([Choice("a", tuple(range(30))), Choice("b", tuple(range(30)))])
FRONT = np.array([[0.0, 4.0], [1.0, 2.0], [3.0, 1.0]])


def marginals(mean: FloatArray, spread: FloatArray) -> list[Marginal]:
    return [Marginal(Softened(), m, s) for m, s in zip(mean.T, spread.T, strict=True)]


@pytest.mark.parametrize("m", [2, 3])
def test_gains_are_the_means_of_what_draws_add(m: int) -> None:
    rng = np.random.default_rng(0)
    front = rng.random((6, m)) * 4
    mean, spread = rng.random((5, m)) * 4, 0.1 + rng.random((5, m))
    low, far = np.full(m, -1.0), np.full(m, 5.0)
    drawn = mean + spread * rng.standard_normal((4000, 5, m))
    box = float(np.prod(far - low))
    before = hypervolume(front, low, far)
    expected = [
        box * np.mean([hypervolume(np.vstack([front, d]), low, far) - before for d in drawn[:, i]]) for i in range(5)
    ]
    gain = strip_gains if m == 2 else point_gains(np.full(m, -0.5), np.full(m, 5.0), rng, 500)
    got = gain(front, marginals(mean, spread), far)
    assert got == pytest.approx(expected, rel=0.15 if m == 2 else 0.4, abs=0.05 if m == 2 else 1.0)
    assert np.corrcoef(got, expected)[0, 1] > 0.95


class Oracle:
    """Believes the truth, exactly or nearly."""

    def __init__(self, history: History, spread: float) -> None:
        self.history, self.spread = history, spread

    def marginals(self, genomes: IntArray) -> list[Marginal]:
        costs = truth(genomes)
        return marginals(costs, np.full_like(costs, self.spread))

    def __call__(self, genomes: IntArray) -> Guess:
        costs = truth(genomes)
        beyond = violations(costs * self.history.signs, self.history.objectives)
        return Guess(costs, np.full_like(costs, self.spread), beyond)

    def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
        raise NotImplementedError


def truth(genomes: IntArray) -> FloatArray:
    """Front: b is 0, whatever a."""
    return np.stack([genomes[:, 0], (29.0 - genomes[:, 0]) + 3.0 * genomes[:, 1]], axis=1).astype(float)


def history(genomes: IntArray, *objectives: Objective) -> History:
    results = [
        Result(Trial(SPACE.decode(g)), {"x": float(c[0]), "y": float(c[1])})
        for g, c in zip(genomes, truth(genomes), strict=True)
    ]
    return history_of(SPACE, objectives, results)


POOL = np.array([[a, b] for a in range(30) for b in (0, 1)])


def picked(known: list[list[int]], *objectives: Objective, n: int = 3, spread: float = 0.1) -> IntArray:
    past = history(np.array(known), *objectives)
    chosen = ExpectedHypervolume()(past, POOL, Oracle(past, spread), n, np.random.default_rng(0))
    assert len(set(chosen)) == n
    return POOL[chosen]


def test_gaps_are_filled_and_picks_do_not_stand_on_each_other() -> None:
    found = picked([[0, 0], [29, 0]], Objective("x"), Objective("y"))
    assert (found[:, 1] == 0).all()
    assert len(np.unique(found[:, 0] // 8)) == 3


def test_the_front_grows_outward_too() -> None:
    """A front measured in its middle only says nothing against what lies beyond its ends."""
    found = picked([[14, 0], [15, 0], [16, 0]], Objective("x"), Objective("y"), n=4)
    assert found[:, 0].min() < 10
    assert found[:, 0].max() > 20


def test_limits_are_kept_and_preferences_come_first() -> None:
    known = [[5, 5], [14, 3], [25, 4]]
    assert (picked(known, Objective("x", limit=12.0), Objective("y"))[:, 0] <= 12).all()
    assert (picked(known, Objective("x", preference=12.0), Objective("y"))[:, 0] <= 12).all()


def test_without_anything_within_the_limits_the_likeliest_come_first() -> None:
    found = picked([[20, 0], [29, 0]], Objective("x", limit=3.5), Objective("y"), n=4, spread=1.0)
    assert (found[:, 0] <= 3).all()


def test_a_model_that_only_guesses_is_refused() -> None:
    past = history(np.array([[0, 0], [1, 0]]), Objective("x"), Objective("y"))

    class Guessing:
        def __call__(self, genomes: IntArray) -> Guess:
            raise NotImplementedError

        def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:
            raise NotImplementedError

    with pytest.raises(InputError, match="gives marginals"):
        ExpectedHypervolume()(past, POOL, Guessing(), 1, np.random.default_rng(0))


def test_of_one_objective_it_is_the_expected_improvement_by_hand() -> None:
    """Of a mean of 1 and a deviation of 1 below 2: 1 x 0.8413 + 0.2420; below 1.75: 0.75 x 0.7734 + 0.3011."""
    front, candidates = (
        np.array([[3.0], [2.0]]),
        marginals(np.array([[1.0], [5.0], [1.5]]), np.array([[1.0], [0.0], [0.0]])),
    )
    assert below_gains(front, candidates, np.array([9.0])) == pytest.approx([1.0833, 0.0, 0.5], abs=1e-4)
    assert below_gains(front, candidates, np.array([1.75])) == pytest.approx([0.8812, 0.0, 0.25], abs=1e-4)
