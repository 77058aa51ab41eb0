"""What is offered of networks with something in the way, and what is said of the rest."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.elasticity.elastic import elastic
from tests.elasticity import traps
from tests.elasticity.zeroing import zeroed

_GENERATOR = torch.Generator().manual_seed(0)
IMAGES, VECTORS = torch.randn(2, 1, 8, 8, generator=_GENERATOR), torch.randn(2, 4, generator=_GENERATOR)
SEQUENCES, WORDS = torch.randn(2, 5, 4, generator=_GENERATOR), torch.arange(10).view(2, 5)
Make = Callable[[], nn.Module]
TRAPS: dict[str, tuple[Make, Tensor, dict[str, object], str]] = {
    "dense": (traps.DenseNet, IMAGES, {"stem.width": 8, "norms.1.width": 4, "convs.1.width": 4}, "output"),
    "shuffled": (traps.Shuffled, IMAGES, {"stem.width": 4, "first.groups": 2}, "offered instead"),
    "tied": (traps.Tied, WORDS, {"embed.width": 8, "up.width": 16}, "looked up by number"),
    "twice": (traps.Twice, VECTORS, {"first.width": 8}, "output"),
    "buffered": (traps.Buffered, VECTORS, {"first.width": 8}, "output"),
    "tabled": (traps.Tabled, VECTORS, {"second.width": 6}, "first.width.*cannot change places"),
    "lstm": (lambda: traps.Recurrent(nn.LSTM), SEQUENCES, {"first.width": 6, "over.width": 8}, "output"),
    "gru": (lambda: traps.Recurrent(nn.GRU), SEQUENCES, {"first.width": 6, "over.width": 8}, "output"),
    "lstm_tagger": (lambda: traps.Tagger(nn.LSTM), SEQUENCES, {"first.width": 6, "over.width": 8}, "output"),
    "gru_tagger": (lambda: traps.Tagger(nn.GRU), SEQUENCES, {"first.width": 6, "over.width": 8}, "output"),
    "lstm_square": (
        lambda: traps.Square(nn.LSTM(8, 8, num_layers=2, bidirectional=True, batch_first=True)),
        SEQUENCES, {"first.width": 8, "over.0.width": 8}, "output",
    ),
    "cells": (traps.Cells, SEQUENCES, {"first.width": 8, "cell.width": 8}, "output"),
    "packed": (traps.Packed, SEQUENCES, {"up.width": 16}, "attention.*the smaller network fails"),
    "hard_coded": (traps.HardCoded, SEQUENCES, {"out.width": 10}, "the smaller network fails: shape"),
    "counted": (traps.Counted, SEQUENCES, {"project.heads2": 4, "out.width": 10}, "cannot change places"),
    "bare": (traps.Bare, SEQUENCES, {"width": 4, "width2": 8}, "input"),
    "grouped": (traps.Grouped, IMAGES, {"conv.groups": 4}, "normalised over.*hidden=True offers it"),
    "flattened": (
        traps.Flattened,
        IMAGES,
        {
            "branches.0.width": 4, "branches.1.width": 5, "branches.2.width": 6, "branches.2.kernel": 5,
            "merge.width": 8,
        },
        "output",
    ),
    "upscaled": (traps.Upscaled, IMAGES, {"first.groups": 4, "second.width": 6}, "offered instead"),
    "rearranged": (traps.Rearranged, IMAGES, {"stem.width": 8, "first.width": 2, "width": 6}, "output"),
    "lengthened": (traps.Lengthened, VECTORS, {"first.width": 8}, "length; fold .*utils.remove_weight_norm, or"),
    "recast": (traps.Recast, VECTORS, {"first.width": 8, "second.width": 6}, "output"),
    "sorted": (traps.Sorted, VECTORS, {"second.width": 6}, r"operation sort is not known \(.*traps.py, line .*sort"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_what_is_offered_is_a_part_of_the_network_and_what_is_left_has_a_reason(name: str) -> None:
    make, x, offered, said = TRAPS[name]
    torch.manual_seed(0)
    network = make().eval()
    supernet = elastic(network, x)
    space = supernet.space
    assert {choice.name: choice.options[-1] for choice in space.choices} == offered
    with torch.no_grad():
        assert torch.equal(supernet(x, space.largest), network(x))
        torch.testing.assert_close(supernet.extract(space.largest)(x), network(x))
        for architecture in (space.smallest, space.middle, space.decode(space.sample(1, np.random.default_rng(0))[0])):
            torch.testing.assert_close(supernet.extract(architecture)(x), zeroed(supernet, architecture)(x))
    assert any(re.search(said, line) for line in str(space).splitlines() if line.startswith("left: "))
