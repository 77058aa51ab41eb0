"""Hints are used as far as they help."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.objective import Objective
from hwnas.surrogates.regressors.cokriging import CoKriging, cokriging
from hwnas.surrogates.regressors.gaussian_process import GaussianProcess, gaussian_process

ACCURACY = Objective("accuracy", "max")
GENOMES = np.stack(np.meshgrid(range(4), range(4), range(3)), axis=-1).reshape(-1, 3)
TRUTH = 80 + 3.0 * GENOMES[:, 0] - 2.0 * GENOMES[:, 1] + GENOMES[:, 2]


def distances(one: IntArray, other: IntArray) -> FloatArray:
    return np.abs(one[:, None] - other[None]).transpose(2, 0, 1).astype(float)


def fitted(hints: FloatArray, few: int = 6) -> CoKriging:
    some = np.random.default_rng(0).permutation(len(GENOMES))[:few]
    found = cokriging(distances, GENOMES, {"accuracy": hints})(GENOMES[some], TRUTH[some], ACCURACY)
    assert isinstance(found, CoKriging)
    return found


def test_hints_in_the_same_order_are_leant_on_and_make_few_figures_enough() -> None:
    found = fitted(TRUTH / 10 - 3)
    assert found.rho >= 0.75
    mean, spread = found(GENOMES)
    assert np.corrcoef(mean, TRUTH)[0, 1] > 0.97
    assert (spread > 0).all()
    some = np.random.default_rng(0).permutation(len(GENOMES))[:6]
    alone = gaussian_process(distances)(GENOMES[some], TRUTH[some], ACCURACY)(GENOMES)
    assert np.corrcoef(alone[0], TRUTH)[0, 1] < 0.9


def test_hints_that_say_nothing_are_not_believed() -> None:
    found = fitted(np.random.default_rng(3).normal(size=len(GENOMES)), few=20)
    assert found.rho <= 0.25


def test_without_two_hints_the_figures_stand_alone() -> None:
    found = cokriging(distances, GENOMES[:1], {"accuracy": TRUTH[:1]})(GENOMES[:8], TRUTH[:8], ACCURACY)
    assert isinstance(found, GaussianProcess)


def test_mean_and_spread_are_put_together_from_both_processes() -> None:
    class Says:
        def __init__(self, mean: float, spread: float) -> None:
            self.answer = np.array([mean]), np.array([spread])

        def __call__(self, _: IntArray) -> tuple[FloatArray, FloatArray]:
            return self.answer

    found = CoKriging(Says(2.0, 0.6), Says(0.5, 0.4), 0.5, 80.0, 10.0)  # type: ignore[arg-type]
    mean, spread = found(GENOMES[:1])
    assert mean == pytest.approx([80 + 10 * (0.5 * 2 + 0.5)])
    assert spread == pytest.approx([10 * np.hypot(0.5 * 0.6, 0.4)])
