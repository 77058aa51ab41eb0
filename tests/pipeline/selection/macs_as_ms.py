"""An elastic network whose sub-networks take as many milliseconds as they have multiply-adds."""

import torch

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.predictor import Prediction
from hwnas.elasticity.elastic import elastic
from tests.elasticity.networks import Cnn

torch.manual_seed(0)
OWN = elastic(Cnn().eval(), torch.randn(2, 1, 8, 8)).space


def predicted(genomes: IntArray) -> Prediction:
    """Without any error."""
    assert OWN.costs is not None
    return Prediction(*[OWN.costs(genomes)["macs"]] * 3)


def ms(architecture: Architecture) -> float:
    """Of one."""
    return float(predicted(OWN.encode_many([architecture])).mean[0])
