import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.predictors import OfGenomes, features, fit_best
from hwnas.predictors import _genomes as room
from hwnas.predictors.ridge import ridge
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28


@pytest.mark.parametrize("many", [1, 10**9])
def test_genomes_are_predicted_as_their_features_are(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(room, "_MANY", many)
    space = mobilenetv3_grey28()
    genomes = space.sample(120, np.random.default_rng(0))
    shown = features(space, genomes)
    predictor = fit_best(shown[:60], 1 + space.costs(genomes[:60])["macs"] ** 0.9, relative=True, space=space)
    quick, slow = OfGenomes(predictor)(genomes), predictor.predict(shown)
    np.testing.assert_allclose(quick.mean, slow.mean, rtol=1e-9)
    np.testing.assert_allclose(quick.high, slow.high, rtol=1e-9)
    assert OfGenomes(predictor)(genomes[:0]).mean.shape == (0,)


def test_a_predictor_without_a_space_knows_no_genomes() -> None:
    predictor = ridge()
    predictor.fit(np.eye(30), np.arange(30.0))
    with pytest.raises(InputError, match="space"):
        OfGenomes(predictor)
