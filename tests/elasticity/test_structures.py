"""What is found in networks of Hugging Face; all fourteen are in `benchmarks/elastic_structures.py`."""

from collections import Counter

import pytest
import torch

from hwnas.elasticity.elastic import elastic
from tests.elasticity.structures import STRUCTURES
from tests.elasticity.zeroing import zeroed

FOUND = {
    "bert": {"heads": 2, "width": 3},
    "gpt2": {"kept": 2, "heads": 2, "width": 2},
    "llama": {"kept": 2, "heads": 2, "width": 2},
    "t5": {"kept": 4, "heads": 3, "width": 4},
    "swin": {"kept": 4, "heads": 4, "width": 4},
    "segformer": {"kept": 2, "heads": 2, "width": 5, "kernel": 1},
}


@pytest.mark.parametrize("name", FOUND)
def test_heads_blocks_and_widths_are_found_and_are_parts_of_the_network(name: str) -> None:
    torch.manual_seed(0)
    network, inputs = STRUCTURES[name]()
    supernet = elastic(network.eval(), inputs)
    space = supernet.space
    assert Counter(choice.name.rpartition(".")[2] for choice in space.choices) == FOUND[name]
    if name == "bert":
        assert "layer.1.kept: with all its weights 0 it does not give its input" in str(space)
    with torch.no_grad():
        assert torch.equal(supernet(inputs, space.largest), network(*inputs))
        assert torch.equal(supernet.extract(space.largest)(*inputs), network(*inputs))
        for architecture in (space.smallest, space.middle):
            expected = zeroed(supernet, architecture)(*inputs)
            torch.testing.assert_close(supernet.extract(architecture)(*inputs), expected, rtol=1e-3, atol=1e-5)
