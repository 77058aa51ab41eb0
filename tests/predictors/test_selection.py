import sys
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import features, fit_best, rows_needed


def test_a_sum_of_parts_is_given_to_the_simplest() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 8))
    y = 20 + x @ rng.uniform(0, 1, 8) + rng.normal(size=100) * 0.2
    assert fit_best(x, y, target_name="latency_ms", relative=True).card.model == "ridge"


def test_a_product_of_parts_is_given_to_the_process() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, size=(150, 3))
    assert fit_best(x, np.sin(4 * x[:, 0]) * x[:, 1]).card.model == "gaussian_process"


def test_many_steps_are_given_to_trees() -> None:
    x = np.random.default_rng(2).uniform(0, 1, size=(300, 8))
    y = (x[:, 0] > 0.3) * 4.0 + ((x[:, 0] > 0.3) & (x[:, 1] > 0.6)) * 7.0 + ((x[:, 2] > 0.5) & (x[:, 1] < 0.6)) * 5.0
    assert fit_best(x, y).card.model == "trees"


PARITY = """
import numpy as np
from hwnas.predictors import CalibratedPredictor, Regressor, Subgraph

class ParityRegressor(Regressor):
    name = "parity"

    def fit(self, features, target, row_scale):
        self.mean, odd = target.mean(), features.sum(axis=1) % 2
        return self.predict(features)

    def predict(self, features):
        return self.mean + np.where(features.sum(axis=1) % 2, 1.0, -1.0)

    def subgraph(self):
        return Subgraph([], {})

def parity(**settings):
    return CalibratedPredictor((ParityRegressor,), **settings)

def other(**settings):
    return object()
"""


def plug_in(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    card = folder / "stranger-1.0.dist-info"
    card.mkdir()
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text(f"[hwnas.predictors]\n{name} = strangers_parity:{name}\n")
    (folder / "strangers_parity.py").write_text(PARITY)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "strangers_parity", raising=False)


def test_a_predictor_of_a_users_package_is_tried_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(7).integers(0, 2, (60, 9)).astype(np.float64)
    y = 5 + np.where(x.sum(axis=1) % 2, 1.0, -1.0) + np.random.default_rng(8).normal(size=60) * 0.1
    assert fit_best(x, y).fitted.regressor.name != "parity"
    plug_in(tmp_path, monkeypatch, "parity")
    assert fit_best(x, y).fitted.regressor.name == "parity"


def test_what_is_found_and_is_no_predictor_of_regressors_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(tmp_path, monkeypatch, "other")
    with pytest.raises(InputError, match=r"'other' should give a `CalibratedPredictor` .*, got object"):
        fit_best(np.ones((30, 2)), np.ones(30))


def misled_space(n_noise: int) -> SearchSpace:
    """Ten knobs, and features that have nothing to do with them."""
    mixed = np.random.default_rng(9).normal(size=(10, n_noise))
    choices = [Choice(f"knob{i}", (1, 2)) for i in range(10)]
    names = [f"noise{i}" for i in range(n_noise)]
    return SearchSpace(choices, features=lambda g: np.sin(1e4 * (1 + g) @ mixed), feature_names=names)


def test_columns_that_do_not_help_are_not_looked_at() -> None:
    space = misled_space(30)
    genomes = space.sample(60, np.random.default_rng(4))
    y = 1 + genomes.sum(axis=1) + np.random.default_rng(5).normal(size=60) * 0.3
    shown = features(space, genomes)
    guesses = fit_best(shown, y, space=space).predict(shown)
    shown[:, 20:] += 100
    np.testing.assert_allclose(fit_best(features(space, genomes), y, space=space).predict(shown).mean, guesses.mean)


def test_features_of_another_width_than_the_space_has_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(n, 23\)"):
        fit_best(np.ones((30, 5)), np.ones(30), space=misled_space(3))


@pytest.mark.parametrize(("confidence", "needed"), [(0.5, 10), (0.9, 10), (0.95, 22), (0.99, 110)])
def test_the_rows_needed_allow_a_conformal_quantile_in_every_fold(confidence: float, needed: int) -> None:
    assert rows_needed(confidence) == needed
    with pytest.raises(InputError, match=f"at least {needed}"):
        fit_best(np.ones((5, 2)), np.ones(5), confidence=confidence)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, float("nan")])
def test_a_confidence_that_is_no_share_is_refused(confidence: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        fit_best(np.ones((30, 2)), np.ones(30), confidence=confidence)


def test_more_confidence_gives_wider_intervals() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 4))
    y = x.sum(axis=1) + rng.normal(size=200)
    widths = [
        np.ptp([p.low[0], p.high[0]]) for p in (fit_best(x, y, confidence=c).predict(x) for c in (0.5, 0.8, 0.95))
    ]
    assert widths == sorted(widths)
    assert widths[0] < widths[2]


def test_what_is_held_out_does_not_know_its_row_and_makes_the_card() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(22, 4))
    y = 5 + x.sum(axis=1) + rng.normal(size=22) * 0.1
    spoilt = y.copy()
    spoilt[3] += 100
    predictor, other = fit_best(x, y, confidence=0.9), fit_best(x, spoilt, confidence=0.9)
    guesses = predictor.held_out
    assert guesses.mean[3] == other.held_out.mean[3]
    assert predictor.card.mean_error == pytest.approx(np.abs(guesses.mean - y).mean())
