"""The default regressor of the surrogate strategy."""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.ridge import ridge_of

SPACE = SearchSpace(
    [Choice("depth", (1, 2, 3)), *(Choice(f"k{i}", (3, 5, 7), active_if={"depth": (2, 3)}) for i in range(6))]
)


def additive(genomes: np.ndarray) -> np.ndarray:
    weights = np.random.default_rng(0).normal(size=SPACE.sizes.sum())
    return SPACE.one_hot(genomes) @ weights + 20


def test_an_additive_figure_is_learnt_almost_exactly() -> None:
    rng = np.random.default_rng(1)
    train, test = SPACE.sample(60, rng), SPACE.sample(200, rng)
    predict = ridge_of(SPACE)(train, additive(train), Objective("y"))
    assert np.abs(predict(test) - additive(test)).max() < 0.05


def test_noise_is_not_learnt() -> None:
    rng = np.random.default_rng(2)
    train, test = SPACE.sample(60, rng), SPACE.sample(500, rng)
    predict = ridge_of(SPACE)(train, rng.normal(size=60), Objective("y"))
    assert np.abs(predict(test)).mean() < 0.5


def test_a_constant_figure_is_predicted_as_that_constant() -> None:
    train = SPACE.sample(5, np.random.default_rng(3))
    assert np.allclose(
        ridge_of(SPACE)(train, np.full(5, 7.0), Objective("y"))(SPACE.sample(4, np.random.default_rng(4))), 7
    )
