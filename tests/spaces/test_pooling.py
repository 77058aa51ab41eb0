"""Where the poolings of a residual network may stand."""

import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.genomes.listing import every_genome
from hwnas.spaces.pooling import layers, pooling

SPACE = pooling()
EVERY = [SPACE.decode(genome) for genome in every_genome(SPACE)]


def test_two_poolings_before_nine_blocks_can_stand_in_36_ways_of_ten_layers() -> None:
    assert SPACE.count() == len(EVERY) == 36
    found = {layers(architecture) for architecture in EVERY}
    assert len(found) == 36
    assert all(sum(counts) == 10 and min(counts) >= 1 for counts in found)
    assert {(4, 3, 3), (5, 3, 2), (7, 1, 2)} <= found  # the usual network, and two of the paper


def test_blocks_work_at_the_resolution_that_the_layers_say() -> None:
    assert SPACE.build is not None
    architecture = next(a for a in EVERY if layers(a) == (5, 3, 2))
    with torch.device("meta"):
        network, sides = SPACE.build(architecture), []
        for block in network.blocks:  # type: ignore[union-attr]
            assert isinstance(block, nn.Module)
            block.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
        network(torch.zeros(1, 3, 32, 32))
    assert sides == [32] * 4 + [16] * 3 + [8] * 2


def test_all_networks_have_the_same_parameters_and_pooling_early_costs_least() -> None:
    assert SPACE.costs is not None
    costs = SPACE.costs(SPACE.encode_many(EVERY))
    assert len(set(costs["params"])) == 1
    assert layers(EVERY[costs["macs"].argmin()]) == (1, 1, 8)
    assert layers(EVERY[costs["macs"].argmax()]) == (8, 1, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"blocks": 4}, "three groups of equally many blocks, got 4"),
        ({"input_shape": (3, 32)}, "channels, height and width"),
        ({"input_shape": (3, 2, 32)}, "at least 4"),
        ({"width": 0}, "needs width like 16, got 0"),
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pooling(**wrong)
