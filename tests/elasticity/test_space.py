"""The contract of spaces, kept by that of a trained network."""

from pathlib import Path

import pytest
import torch

from hwnas.elasticity.elastic import elastic
from hwnas.spaces._elastic import ELASTIC, elastic_space
from hwnas.testing import suite
from hwnas.testing.spaces import Subject


class _Elastic(Subject):
    """A space that is not found by name, for it needs a network."""

    def find(self) -> object:
        return elastic_space


TestElasticSpace = suite("spaces")


@pytest.fixture(scope="module")
def subject() -> Subject:
    networks = Path(__file__).with_name("networks.py")
    return _Elastic("spaces", ELASTIC, elastic(f"{networks}:Cnn", torch.zeros(2, 1, 8, 8)).space.parameters)
