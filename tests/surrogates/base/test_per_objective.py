"""One column per objective: signs, limits, and exact figures that are computed once."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.base.per_objective import ColumnModel, each_once, exactly, violations

SPACE = SearchSpace([Choice("n", (10, 20, 30))])
GENOMES = np.array([[0], [2], [0]])


def test_violations_are_shares_of_the_limits_and_add_up() -> None:
    objectives = [Objective("ms", limit=2.0), Objective("accuracy", "max", limit=0.8), Objective("free")]
    figures = np.array([[3.0, 0.9, 9.0], [2.0, 0.4, 9.0], [4.0, 0.6, 9.0]])
    assert violations(figures, objectives) == pytest.approx([0.5, 0.5, 1.25])


def test_a_limit_of_zero_is_kept_or_not() -> None:
    assert violations(np.array([[0.0], [1e-6]]), [Objective("x", limit=0.0)]) == pytest.approx([0.0, 1e6])


def test_means_are_minimised_and_spreads_are_not_turned() -> None:
    objectives = [Objective("accuracy", "max", limit=0.75), Objective("ms")]

    def surely(genomes: IntArray) -> FloatArray:
        return genomes[:, 0].astype(float)

    model = ColumnModel(objectives, [lambda g: (g[:, 0] * 0.5, np.full(len(g), 0.1)), surely])
    guess = model(GENOMES)
    assert guess.mean.tolist() == [[0.0, 0.0], [-1.0, 2.0], [0.0, 0.0]]
    assert guess.spread.tolist() == [[0.1, 0.0]] * 3
    assert guess.violations == pytest.approx([1.0, 0.0, 1.0])
    drawn = model.draw(GENOMES, 2000, np.random.default_rng(0))
    assert drawn.mean(axis=0) == pytest.approx(guess.mean, abs=0.01)
    assert drawn.std(axis=0) == pytest.approx(guess.spread, abs=0.01)


def test_draws_that_hang_together_are_asked_for_where_they_are_known() -> None:
    class Together:
        def __call__(self, genomes: IntArray) -> FloatArray:
            return np.zeros(len(genomes))

        def draw(self, genomes: IntArray, k: int, rng: np.random.Generator) -> FloatArray:  # noqa: ARG002
            return np.arange(k)[:, None] + np.zeros(len(genomes))

    drawn = ColumnModel([Objective("accuracy", "max")], [Together()]).draw(GENOMES, 2, np.random.default_rng(0))
    assert drawn[:, :, 0].tolist() == [[0, 0, 0], [-1, -1, -1]]


def test_an_exact_figure_is_computed_once_for_each_architecture() -> None:
    asked = []

    def size(architecture: Architecture) -> float:
        asked.append(architecture["n"])
        return float(architecture["n"]) / 10

    column = exactly(SPACE, Objective("size", exact=size))
    assert np.asarray(column(GENOMES)).tolist() == [1.0, 3.0, 1.0]
    assert np.asarray(column(GENOMES[1:])).tolist() == [3.0, 1.0]
    assert asked == [10, 30]


def test_what_is_known_already_is_not_asked_for() -> None:
    known = {np.array([0]).tobytes(): 7.0}
    assert each_once(lambda _: 5.0, SPACE, GENOMES, known).tolist() == [7.0, 5.0, 7.0]


def test_a_function_of_genomes_is_preferred() -> None:
    def exact(_: Architecture) -> float:
        raise AssertionError

    exact.of_genomes = lambda genomes: genomes[:, 0] * 2.0  # type: ignore[attr-defined]
    assert np.asarray(exactly(SPACE, Objective("size", exact=exact))(GENOMES)).tolist() == [0.0, 4.0, 0.0]
