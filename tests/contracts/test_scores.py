"""What every zero-cost score must keep, run over all that are found."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.finding import find, names
from tests.small_spaces import small

Score = Callable[[nn.Module, torch.Tensor, torch.Tensor], float]


@pytest.fixture(params=names("scores"))
def score(request: pytest.FixtureRequest) -> Score:
    found: Score = find("scores", request.param)  # type: ignore[assignment]
    return found


@pytest.fixture(params=["micro_cell", "mobilenetv3"])
def networks(request: pytest.FixtureRequest) -> list[tuple[nn.Module, torch.Tensor]]:
    space = small(request.param)
    assert space.build is not None
    torch.manual_seed(0)
    some = [space.smallest, space.largest, space.decode(space.sample(1, np.random.default_rng(0))[0])]
    return [(space.build(a), torch.randn(12, *space.inputs[0].shape)) for a in some]


def labels(x: torch.Tensor) -> torch.Tensor:
    return torch.arange(len(x)) % 3


def test_it_is_a_number_that_depends_on_the_network(
    score: Score, networks: list[tuple[nn.Module, torch.Tensor]]
) -> None:
    found = [score(network, x, labels(x)) for network, x in networks]
    assert all(isinstance(value, float) and math.isfinite(value) for value in found)
    assert len(set(found)) == len(found)


def test_it_leaves_network_and_random_state_alone(score: Score, networks: list[tuple[nn.Module, torch.Tensor]]) -> None:
    for network, x in networks:
        network.eval()
        before = {name: value.clone() for name, value in network.state_dict().items()}
        state = torch.get_rng_state()
        first = score(network, x, labels(x))
        assert torch.equal(torch.get_rng_state(), state)
        assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
        assert not network.training
        assert all(p.grad is None for p in network.parameters())
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
        assert score(network, x, labels(x)) == first
