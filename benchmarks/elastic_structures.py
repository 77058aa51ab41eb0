"""Claim: the largest sub-network of an elastic network is that network bit for bit, and others are parts of it.

Of fourteen architectures of Hugging Face from tiny configurations, untrained: what is found (choices by kind, groups
left), whether the largest sub-network and its extracted copy answer bit for bit like the network, and how far at most
the answers of sub-networks, the smallest, the middle one and some at random, are from those of the whole network with
zeros in all places they lack, relative to the spread of these.

Run:  python benchmarks/elastic_structures.py [--networks bert,vit,...]
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from _saving import save
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from hwnas.contracts.answer import answer_of
from hwnas.elasticity.elastic import elastic
from hwnas.supernet import Supernet
from tests.elasticity.structures import STRUCTURES
from tests.elasticity.zeroing import zeroed

RANDOM = 4


def row(name: str) -> dict[str, object]:
    """Of one architecture."""
    torch.manual_seed(0)
    network, inputs = STRUCTURES[name]()
    return row_of(network.eval(), inputs, RANDOM)[1]


def row_of(network: nn.Module, inputs: tuple[Tensor, ...], count: int) -> tuple[Supernet, dict[str, object]]:
    """Of a network in evaluation mode, with `count` sub-networks at random; and the supernet."""
    began = time.process_time()
    supernet = elastic(network, inputs)
    seconds = time.process_time() - began
    space, off = supernet.space, 0.0
    drawn = map(space.decode, space.sample(count, np.random.default_rng(0)))
    with torch.no_grad():
        whole = answer_of(network(*inputs))
        equal = [
            torch.equal(answer, whole)
            for answer in (supernet(inputs, space.largest), answer_of(supernet.extract(space.largest)(*inputs)))
        ]
        for architecture in (space.smallest, space.middle, *drawn):
            expected = answer_of(zeroed(supernet, architecture)(*inputs))
            found = answer_of(supernet.extract(architecture)(*inputs))
            off = max(off, float((found - expected).abs().max() / expected.std()))
    ends = space.costs(space.encode_many([space.smallest, space.largest])) if space.costs else {}
    return supernet, {
        "choices": dict(Counter(choice.name.rpartition(".")[2].rstrip("0123456789") for choice in space.choices)),
        "left": len(space.parameters["structure"]["left"]),  # type: ignore[index,call-overload]
        "architectures": float(space.count()),
        "largest_bit_for_bit": all(equal),
        "others_off_by": off,
        "params_smallest_to_largest": [int(count) for count in ends["params"]],
        "cpu_seconds": round(seconds, 2),
    }


def main() -> None:
    """Make each elastic, write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(STRUCTURES))
    names = parser.parse_args().networks.split(",")
    save("elastic_structures", __doc__ or "", {"networks": {name: row(name) for name in names}})


if __name__ == "__main__":
    main()
