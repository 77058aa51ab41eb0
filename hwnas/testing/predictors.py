"""What every predictor must do."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.predictor import Predictor
from hwnas.predictors import CalibratedPredictor, Regressor, load, rows_needed
from hwnas.testing._subject import Found

WEIGHTS = np.linspace(0.2, 2.0, 6)
Rows = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A predictor."""

    def predictor(self, **settings: Any) -> Predictor:
        """A new one that has learnt nothing."""
        predictor = self.make(**settings)
        assert isinstance(predictor, Predictor), f"{self} should give a Predictor, got {type(predictor).__name__}"
        return predictor

    def fitted(self, *, relative: bool, seed: int = 0) -> Predictor:
        """One that has learnt `rows`, for tests that only ask it."""
        return _fitted(self, relative, seed)


@cache
def _fitted(subject: Subject, relative: bool, seed: int) -> Predictor:  # noqa: FBT001  keys of the cache
    predictor = subject.predictor(relative=relative, seed=seed, target_name="latency_ms")
    predictor.fit(*rows(seed))
    return predictor


def rows(seed: int) -> Rows:
    """Features ``(80, 6)`` and figures with a tenth of noise."""
    return additive(80, seed=100 + seed, noise=0.1)


def additive(n: int, seed: int, noise: float = 0.0, levels: int = 3) -> Rows:
    """A latency-like figure: positive, a sum of parts, with noise in proportion to it."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, levels, size=(n, len(WEIGHTS))) / (levels - 1) * 2
    return features, (3 + features @ WEIGHTS) * (1 + noise * rng.normal(size=n))


class Contract:
    """The tests."""

    def test_a_study_considers_what_it_is_made_of(self, subject: Subject) -> None:
        predictor = subject.predictor()
        assert isinstance(predictor, CalibratedPredictor), (
            f"{subject} should give a CalibratedPredictor of its Regressor, got {type(predictor).__name__}, whose "
            "guesses no study can compare with others"
        )
        assert predictor.candidates
        assert all(isinstance(make(0), Regressor) and make(0).name for make in predictor.candidates)

    @pytest.mark.parametrize("relative", [True, False])
    def test_it_learns_an_additive_figure_far_better_than_its_mean(self, subject: Subject, *, relative: bool) -> None:
        predictor = subject.predictor(relative=relative)
        predictor.fit(*additive(120, seed=0))
        features, truth = additive(200, seed=1)
        error = np.abs(predictor.predict(features).mean - truth).mean()
        of_mean = np.abs(truth - truth.mean()).mean()
        assert error < 0.4 * of_mean, f"{subject} misses a sum of six parts by {error:.2g}, its mean by {of_mean:.2g}"

    def test_the_same_seed_gives_the_same_predictions_and_card(self, subject: Subject) -> None:
        first, second = (
            subject.fitted(relative=True, seed=2),
            subject.predictor(relative=True, seed=2, target_name="latency_ms"),
        )
        features, truth = rows(2)
        second.fit(features, truth)
        np.testing.assert_array_equal(first.predict(features).mean, second.predict(features).mean)
        np.testing.assert_array_equal(first.predict(features).high, second.predict(features).high)
        assert first.card == second.card

    def test_refitting_forgets_what_was_learnt_before(self, subject: Subject) -> None:
        again, fresh = subject.predictor(), subject.predictor()
        again.fit(*additive(40, seed=3))
        assert again.card.samples == 40
        features, truth = additive(50, seed=4, noise=0.1)
        again.fit(features, -truth)
        fresh.fit(features, -truth)
        np.testing.assert_array_equal(again.predict(features).low, fresh.predict(features).low)
        assert again.card == fresh.card

    @pytest.mark.parametrize("relative", [True, False])
    def test_a_constant_figure_is_predicted_exactly_and_ranks_nothing(
        self, subject: Subject, *, relative: bool
    ) -> None:
        predictor = subject.predictor(relative=relative)
        features, _ = additive(40, seed=5)
        predictor.fit(features, np.full(40, 7.25))
        prediction = predictor.predict(features + 1)
        for figure in (prediction.mean, prediction.low, prediction.high):
            np.testing.assert_allclose(figure, 7.25, rtol=1e-9)
        assert predictor.card.kendall_tau == 0
        assert predictor.card.mean_error < 1e-9
        assert predictor.card.interval_coverage == 1

    def test_constant_features_do_not_disturb(self, subject: Subject) -> None:
        features, truth = additive(60, seed=6)
        with_constants = np.concatenate([features, np.full((60, 2), 1e8)], axis=1)
        predictor = subject.predictor()
        predictor.fit(with_constants, truth)
        assert np.isfinite(predictor.predict(with_constants).mean).all()
        assert predictor.card.kendall_tau > 0.5

    @pytest.mark.parametrize("n", [0, 1, 9])
    def test_predictions_have_one_value_per_row_inside_its_interval(self, subject: Subject, n: int) -> None:
        prediction = subject.fitted(relative=False).predict(additive(n, seed=8)[0])
        assert prediction.mean.shape == prediction.low.shape == prediction.high.shape == (n,)
        assert (prediction.low <= prediction.mean).all()
        assert (prediction.mean <= prediction.high).all()

    def test_a_relative_figure_stays_positive_far_from_the_known_rows(self, subject: Subject) -> None:
        prediction = subject.fitted(relative=True).predict(np.full((1, len(WEIGHTS)), -100.0))
        assert prediction.mean[0] > 0
        assert prediction.low[0] >= 0

    @pytest.mark.parametrize("where", ["features", "target"])
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_not_finite_are_refused(self, subject: Subject, where: str, value: float) -> None:
        features, truth = additive(50, seed=10)
        (features if where == "features" else truth).flat[3] = value
        with pytest.raises(InputError, match="finite"):
            subject.predictor().fit(features, truth)

    def test_too_few_rows_are_refused_with_the_number_needed(self, subject: Subject) -> None:
        needed = rows_needed(0.95)
        features, truth = additive(needed, seed=11)
        with pytest.raises(InputError, match=f"at least {needed} measured rows, got {needed - 1}; measure 1 more"):
            subject.predictor().fit(features[1:], truth[1:])
        subject.predictor().fit(features, truth)

    def test_relative_errors_of_a_figure_that_is_not_positive_are_refused(self, subject: Subject) -> None:
        features, truth = additive(50, seed=12)
        truth[4] = 0
        with pytest.raises(InputError, match="positive"):
            subject.predictor(relative=True).fit(features, truth)

    def test_predicting_needs_a_fit_and_rows_of_the_same_width(self, subject: Subject) -> None:
        predictor = subject.predictor()
        features, _ = additive(50, seed=13)
        for use in (lambda: predictor.predict(features), lambda: predictor.card):
            with pytest.raises(InputError, match="fit"):
                use()
        fitted = subject.fitted(relative=False)
        with pytest.raises(InputError, match=r"\(n, 6\)"):
            fitted.predict(features[:, 1:])
        with pytest.raises(InputError, match="finite"):
            fitted.predict(np.full((1, len(WEIGHTS)), np.nan))

    @pytest.mark.parametrize("relative", [True, False])
    def test_what_is_read_back_predicts_the_same_within_one_millionth(
        self, subject: Subject, tmp_path: Path, *, relative: bool
    ) -> None:
        predictor = subject.predictor(relative=relative, target_name="latency_ms")
        features, truth = additive(60, seed=14, noise=0.05)
        features[:, 0] *= 1e8  # multiply-adds beside zeros and ones
        predictor.fit(features, truth)
        predictor.save(tmp_path)
        stored = load(tmp_path)
        rows, _ = additive(500, seed=15)
        rows[:, 0] *= 1e8
        rows += np.random.default_rng(0).normal(size=rows.shape)
        made, read = predictor.predict(rows), stored.predict(rows)
        np.testing.assert_allclose(read.mean, made.mean, rtol=1e-6)
        np.testing.assert_allclose(read.low, made.low, rtol=1e-6)
        np.testing.assert_allclose(read.high, made.high, rtol=1e-6)
        assert stored.card == predictor.card
        assert stored.card.target == "latency_ms"
        assert stored.predict(rows[:0]).mean.shape == (0,)

    @pytest.mark.parametrize("relative", [True, False])
    def test_intervals_hold_about_as_many_fresh_truths_as_promised(self, subject: Subject, *, relative: bool) -> None:
        """Of one fit of 80 rows the coverage has a standard deviation of 2.4 points, of six 1 point: three of these."""
        covered = []
        for seed in range(6):
            features, truth = additive(2000, seed=200 + seed, noise=0.1)
            prediction = subject.fitted(relative=relative, seed=seed).predict(features)
            covered.append(np.mean((prediction.low <= truth) & (truth <= prediction.high)))
        assert 0.92 < np.mean(covered) < 0.985, f"intervals of 95 % of {subject} hold {np.mean(covered):.1%}"

    def test_cards_tell_about_the_coverage_that_is_promised(self, subject: Subject) -> None:
        """Of six cards, each ten fits; see above."""
        told = [subject.fitted(relative=relative, seed=seed).card for relative in (True, False) for seed in range(3)]
        mean = np.mean([card.interval_coverage for card in told])
        assert 0.92 < mean < 0.985, f"cards of {subject} say that intervals of 95 % hold {mean:.1%}"

    def test_the_card_says_what_fresh_rows_say(self, subject: Subject) -> None:
        predictor = subject.predictor(relative=True, target_name="latency_ms")
        predictor.fit(*additive(200, seed=16, noise=0.05, levels=50))
        features, truth = additive(3000, seed=17, noise=0.05, levels=50)
        error = np.abs(predictor.predict(features).mean / truth - 1)
        card = predictor.card
        assert card.relative
        assert (card.samples, card.held_out, card.interval_confidence) == (200, 200, 0.95)
        assert card.mean_error == pytest.approx(error.mean(), rel=0.25)
        assert card.p95_error == pytest.approx(np.quantile(error, 0.95), rel=0.3)

    def test_figures_without_any_relation_get_an_honest_card(self, subject: Subject) -> None:
        rng = np.random.default_rng(18)
        predictor = subject.predictor()
        predictor.fit(rng.normal(size=(100, 6)), rng.normal(size=100))
        assert abs(predictor.card.kendall_tau) < 0.25
        assert predictor.card.mean_error > 0.6
