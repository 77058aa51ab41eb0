import math
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor, rows_to_plan
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.predictors import rows_needed
from hwnas.spaces.micro_cell import micro_cell
from tests.plugged import Simulated, tiny_task
from tests.runs import tiny_supernet


def test_planned_figures_are_exceeded_as_seldom_as_was_asked() -> None:
    """Of 60 rows a bound at 90 % has a coverage with a standard deviation of 4 points: three of these."""
    space, rng = micro_cell(), np.random.default_rng(0)
    genomes = space.sample(400, rng)
    assert space.costs is not None
    latencies = (1 + space.costs(genomes)["macs"] / 1e5) * (1 + 0.05 * rng.normal(size=400))
    fits = {
        confidence: GenomePredictor.fit(
            space, "latency_ms", genomes[:60], latencies[:60], relative=True, seed=0, confidence=confidence
        )
        for confidence in (None, 0.9)
    }
    np.testing.assert_array_equal(fits[None].planned(genomes), fits[None](genomes).mean)
    kept = np.mean(latencies[60:] <= fits[0.9].planned(genomes[60:]))
    assert 0.78 < kept < 0.99
    assert kept > np.mean(latencies[60:] <= fits[None].planned(genomes[60:])) + 0.2


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0, 95.0])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(InputError, match=r"between 0\.5 and 1"):
        Limits(confidence=confidence)


def test_a_confidence_that_the_samples_do_not_allow_is_refused_before_anything_is_timed(tmp_path: Path) -> None:
    device = Simulated()
    study = Study(tmp_path, tiny_supernet(), tiny_task(), device, preset="rapid")
    with pytest.raises(InputError, match=r"confidence of 0\.99 is learnt from at least 55 .*got 24"):
        study.search(16, Limits.of(max_latency_ms=1e3, confidence=0.99), samples=24)
    assert not device.timed


def test_the_rows_a_confidence_needs_are_the_fewest_of_which_nine_folds_of_ten_allow_it() -> None:
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999):
        within = math.ceil(confidence / (1 - confidence) - 1e-9)
        assert rows_needed(confidence) == next(n for n in range(10, 2000) if n - math.ceil(n / 10) >= within)
    assert rows_needed(1 - 1e-12) > 1e12
    assert (rows_to_plan(None), rows_to_plan(0.5), rows_to_plan(0.99), rows_to_plan(0.995)) == (0, 0, 55, 110)
