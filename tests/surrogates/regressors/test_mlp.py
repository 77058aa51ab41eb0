"""Small networks: right gradients, and they learn values or an order."""

import numpy as np
import pytest

from hwnas.contracts.objective import Objective
from hwnas.surrogates.regressors.mlp import Loss, Training, _backward, _forward, _slope, trained
from hwnas.surrogates.regressors.networks import networks

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 5))
Y = X[:, 0] - 2 * np.abs(X[:, 1])


def loss_of(output: np.ndarray, targets: np.ndarray, loss: Loss) -> float:
    if loss == "squared":
        return float(((output - targets) ** 2).mean(axis=1).sum())
    if loss == "absolute":
        return float(np.abs(output - targets).mean(axis=1).sum())
    above = np.sign(targets[:, None] - targets[None, :])
    each = np.log1p(np.exp(-above * (output[:, :, None] - output[:, None, :]))) * (above != 0)
    return float(each.sum() / np.count_nonzero(above))


@pytest.mark.parametrize("loss", ["squared", "absolute", "pairs"])
def test_gradients_are_those_of_finite_differences(loss: Loss) -> None:
    layers = [(RNG.standard_normal((2, a, b)), RNG.standard_normal((2, 1, b))) for a, b in ((5, 4), (4, 3), (3, 1))]
    passed = _forward(layers, X[:8])
    gradients = _backward(layers, passed, _slope(passed[-1][:, :, 0], Y[:8], loss))
    flat = [p for layer in layers for p in layer]
    for parameter, gradient in zip(flat, gradients, strict=True):
        place = np.unravel_index(int(np.argmax(np.abs(gradient))), gradient.shape)
        found = []
        for step in (1e-6, -1e-6):
            parameter[place] += step
            found.append(loss_of(_forward(layers, X[:8])[-1][:, :, 0], Y[:8], loss))
            parameter[place] -= step
        assert gradient[place] == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("loss", ["squared", "absolute"])
def test_values_are_learnt(loss: Loss) -> None:
    members = trained(X, Y, Training((32, 32), 2, 100, loss=loss), np.random.default_rng(1))
    assert np.abs(members(X) - Y).mean() < 0.3


def test_an_order_is_learnt_and_made_figures_again() -> None:
    genomes = RNG.integers(0, 4, size=(80, 6))
    figures = 50 + 3.0 * genomes[:, 0] + genomes[:, 1]
    fit = networks(lambda g: g.astype(float), Training((32,), 3, 80, loss="pairs"), seed=0)
    mean, spread = fit(genomes, figures, Objective("accuracy", "max"))(genomes)
    assert np.corrcoef(mean, figures)[0, 1] > 0.97
    assert np.abs(mean - figures).mean() < 1.5
    assert (spread > 0).all()


def test_the_same_seed_learns_the_same() -> None:
    one, other = (trained(X, Y, Training(epochs=3), np.random.default_rng(2))(X) for _ in range(2))
    assert (one == other).all()
