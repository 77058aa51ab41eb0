"""Figures in which a rare class counts as much as a frequent one, against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score

from hwnas.contracts.errors import InputError
from hwnas.tasks._goals import GOALS

RNG = np.random.default_rng(0)
LABELS = RNG.choice(5, 300, p=[0.6, 0.2, 0.1, 0.1, 0.0])  # there is none of the last, which is chosen at times
LOGITS = RNG.normal(size=(300, 5)) + 1.5 * np.eye(5)[LABELS]
ORACLES = {
    "balanced_accuracy": balanced_accuracy_score,
    "f1": lambda labels, chosen: f1_score(labels, chosen, average="macro"),
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label")
@pytest.mark.parametrize("figure", sorted(ORACLES))
def test_a_figure_is_that_of_scikit_learn_in_any_order_and_for_any_part(figure: str) -> None:
    goal = GOALS[figure]
    scores = goal.score(torch.tensor(LOGITS), torch.tensor(LABELS)).numpy()
    for rows in (np.arange(300), RNG.permutation(300), RNG.integers(0, 300, 300), np.arange(3), np.arange(1)):
        expected = ORACLES[figure](LABELS[rows], LOGITS[rows].argmax(1))
        assert goal.summary is not None
        assert goal.summary(scores[rows]) == pytest.approx(expected)


@pytest.mark.parametrize("figure", [*sorted(ORACLES), "top5_accuracy"])
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.full(300, 9), "from 9 to 9, and a network of 7 outputs has classes from 0 to 6"),
        (np.full(300, -100), "from -100 to -100"),
        (LABELS / 2, "whole numbers"),
        (LABELS[:5], "labels"),
        (np.eye(7, dtype=int)[LABELS], r"; labels are one-hot \(300, 7\); give labels.argmax\(axis=1\)"),
        (LABELS[:, None], r"; labels are a column \(300, 1\), expected \(300,\); give labels\[:, 0\]"),
    ],
)
def test_labels_that_do_not_fit_the_outputs_are_refused(figure: str, labels: np.ndarray, words: str) -> None:
    logits = torch.zeros(300, 7)
    with pytest.raises(InputError, match=words):
        GOALS[figure].score(logits, torch.tensor(labels))
    with pytest.raises(InputError, match=words):
        GOALS[figure].loss(logits, torch.tensor(labels))
