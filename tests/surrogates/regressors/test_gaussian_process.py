"""The Gaussian process: right gradient, right posterior, true covariances whatever the distances."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.distances import hamming, path_features, squares, tanimoto
from hwnas.surrogates.regressors.gaussian_process import Distances, Shape, cholesky, gaussian_process, log_posterior

SPACE = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        *(Choice(f"size{i}", (0, 1, 2, 3), active_if={"depth": (2, 3)} if i % 2 else {}) for i in range(4)),
        Choice("kind", ("a", "b", "c"), ordered=False),
        Choice("fixed", (1,)),
    ]
)
DISTANCES = [hamming(SPACE), squares(SPACE), tanimoto(path_features(SPACE, None))]
ACCURACY = Objective("accuracy", "max")


def data(n: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    genomes = np.unique(SPACE.sample(n, np.random.default_rng(seed)), axis=0)
    return genomes, 70 + 3.0 * genomes[:, 1] - genomes[:, 2] + 2.0 * (genomes[:, 5] == 1)


@pytest.mark.parametrize("distances", DISTANCES)
@pytest.mark.parametrize("shape", ["exponential", "matern52"])
def test_the_gradient_of_the_posterior_is_that_of_finite_differences(distances: Distances, shape: Shape) -> None:
    genomes, figures = data(12)
    apart, y = distances(genomes, genomes), (figures - figures.mean()) / figures.std()
    theta = np.random.default_rng(1).normal(-1, 0.5, size=len(apart) + 2)
    gradient = log_posterior(theta, apart, y, shape)[1]
    for i in range(len(theta)):
        step = np.eye(len(theta))[i] * 1e-5
        up, down = (log_posterior(theta + s, apart, y, shape)[0] for s in (step, -step))
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("distances", DISTANCES)
def test_distances_are_symmetric_and_zero_to_oneself_only_where_equal(distances: Distances) -> None:
    genomes, _ = data()
    apart = distances(genomes, genomes)
    assert np.allclose(apart, apart.transpose(0, 2, 1))
    assert (apart.sum(axis=0)[~np.eye(len(genomes), dtype=bool)] > 0).all()
    assert (np.diagonal(apart, axis1=1, axis2=2) == 0).all()


@pytest.mark.parametrize("shape", ["exponential", "matern52"])
def test_it_predicts_what_it_was_not_shown_and_knows_what_it_was(shape: Shape) -> None:
    genomes, figures = data(60)
    model = gaussian_process(squares(SPACE), shape)(genomes, figures, ACCURACY)
    others, truth = data(60, seed=1)
    mean, spread = model(others)  # type: ignore[misc]
    assert np.corrcoef(mean, truth)[0, 1] > 0.9
    assert model(genomes)[1].mean() < spread.mean()  # type: ignore[union-attr]


def test_draws_have_the_mean_and_spread_that_are_predicted() -> None:
    genomes, figures = data(20)
    model = gaussian_process(hamming(SPACE))(genomes, figures, ACCURACY)
    others, _ = data(15, seed=1)
    mean, spread = model(others)  # type: ignore[misc]
    drawn = model.draw(others, 4000, np.random.default_rng(0))  # type: ignore[attr-defined]
    assert np.allclose(drawn.mean(axis=0), mean, atol=0.1 * spread.max())
    assert np.allclose(drawn.std(axis=0), spread, rtol=0.1, atol=1e-3)


def test_constant_figures_and_equal_genomes_do_no_harm() -> None:
    genomes = np.repeat(data(3)[0], 3, axis=0)
    mean, _ = gaussian_process(hamming(SPACE))(genomes, np.full(len(genomes), 5.0), ACCURACY)(genomes)
    assert np.allclose(mean, 5.0)


def test_what_is_no_covariance_is_made_one() -> None:
    broken = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    root = cholesky(broken)
    assert np.isfinite(root).all()
    assert np.abs(root @ root.T - broken).max() < 0.3
