"""A rating is found once for the rows, the space and the seed it is of."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.pipeline.predictions.rating import rated

SPACE = SearchSpace([Choice("a", (1, 2, 3, 4)), Choice("b", (1, 2, 3, 4)), Choice("c", (1, 2, 3))], name="toy")
GENOMES = SPACE.sample(40, np.random.default_rng(0))
FIGURES = 1.0 + GENOMES @ np.array([0.3, 0.2, 0.1])


class Fitting:
    """Counts how often it is asked to fit."""

    def __init__(self, genomes: IntArray = GENOMES, figures: FloatArray = FIGURES) -> None:
        self.times, self.genomes, self.figures = 0, genomes, figures

    def __call__(self) -> GenomePredictor:
        self.times += 1
        return GenomePredictor.fit(SPACE, "latency_ms", self.genomes, self.figures, relative=True, seed=0)


def test_it_is_worked_out_once_and_tells_the_figures_with_their_guesses(tmp_path: Path) -> None:
    archive, fit = Archive(), Fitting()
    first = rated(archive, SPACE, "latency_ms", GENOMES, FIGURES, 0, fit, tmp_path)
    again = rated(archive, SPACE, "latency_ms", GENOMES, FIGURES, 0, fit, tmp_path)
    assert first is not None
    assert first == again
    assert fit.times == 1
    assert first.figures == FIGURES.tolist()
    assert all(low <= mean <= high for low, mean, high in zip(first.low, first.mean, first.high, strict=True))
    assert first.mean == pytest.approx(FIGURES.tolist(), rel=0.2)


def test_other_figures_another_seed_and_a_lost_predictor_are_rated_anew(tmp_path: Path) -> None:
    archive, fit = Archive(), Fitting()
    rated(archive, SPACE, "latency_ms", GENOMES, FIGURES, 0, fit, tmp_path)
    rated(archive, SPACE, "latency_ms", GENOMES, FIGURES, 1, fit, tmp_path)
    assert fit.times == 2
    other = Fitting(figures=FIGURES * 2)
    assert rated(archive, SPACE, "latency_ms", GENOMES, FIGURES * 2, 0, other, tmp_path)
    assert other.times == 1
    for path in (tmp_path / "latency_ms").iterdir():
        path.unlink()
    rated(archive, SPACE, "latency_ms", GENOMES, FIGURES, 0, fit, tmp_path)
    assert fit.times == 3


def test_too_few_rows_to_learn_from_have_no_rating(tmp_path: Path) -> None:
    few, figures = GENOMES[:2], FIGURES[:2]
    assert rated(Archive(), SPACE, "latency_ms", few, figures, 0, Fitting(few, figures), tmp_path) is None
