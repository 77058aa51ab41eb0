import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline._limits import Limits
from hwnas.pipeline._predicting import GenomePredictor
from hwnas.spaces.micro_cell import micro_cell


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
