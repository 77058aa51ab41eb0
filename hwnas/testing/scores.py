"""What every zero-cost score must keep."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace
from hwnas.testing._small import SMALL_MOBILENETV3
from hwnas.testing._subject import Found

SPACES: dict[str, dict[str, object]] = {"micro_cell": {}, "mobilenetv3": SMALL_MOBILENETV3}
Network = tuple[nn.Module, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A score."""

    def score(self, network: nn.Module, x: torch.Tensor) -> float:
        """Of a network and a batch, with labels that go round."""
        value: float = self.find()(network, x, torch.arange(len(x)) % 3)
        assert isinstance(value, float), f"{self} should give a float, got {type(value).__name__}"
        return value


@cache
def networks_of(space_name: str) -> Sequence[Network]:
    """Three untrained networks with a batch each."""
    space = cast("SearchSpace", find("spaces", space_name)(**SPACES[space_name]))  # type: ignore[operator]
    assert space.build is not None
    some = [space.smallest, space.largest, space.decode(space.sample(1, np.random.default_rng(0))[0])]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return [(space.build(a), torch.randn(12, *space.inputs[0].shape)) for a in some]


class Contract:
    """The tests."""

    @pytest.fixture(params=SPACES)
    def networks(self, request: pytest.FixtureRequest) -> Sequence[Network]:
        """Of two spaces."""
        return networks_of(request.param)

    def test_it_is_a_number_that_depends_on_the_network(self, subject: Subject, networks: Sequence[Network]) -> None:
        values = [subject.score(network, x) for network, x in networks]
        assert all(math.isfinite(value) for value in values), f"{subject} gives {values}"
        assert len(set(values)) == len(values), f"{subject} gives {values} for three different networks"

    def test_it_leaves_network_and_random_state_alone(self, subject: Subject, networks: Sequence[Network]) -> None:
        for network, x in networks:
            network.eval()
            before = {name: value.clone() for name, value in network.state_dict().items()}
            state = torch.get_rng_state()
            first = subject.score(network, x)
            assert torch.equal(torch.get_rng_state(), state), f"{subject} draws from the global random state"
            assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
            assert not network.training
            assert all(p.grad is None for p in network.parameters()), f"{subject} leaves gradients behind"
            assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
            assert subject.score(network, x) == first
