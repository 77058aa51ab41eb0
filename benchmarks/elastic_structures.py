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

sys.path.insert(0, str(Path(__file__).parents[1]))

from hwnas.elasticity.elastic import elastic
from tests.elasticity.structures import STRUCTURES
from tests.elasticity.zeroing import zeroed

RANDOM = 4


def row(name: str) -> dict[str, object]:
    """Of one architecture."""
    torch.manual_seed(0)
    network, inputs = STRUCTURES[name]()
    began = time.process_time()
    supernet = elastic(network.eval(), inputs)
    seconds = time.process_time() - began
    space, off = supernet.space, 0.0
    drawn = map(space.decode, space.sample(RANDOM, np.random.default_rng(0)))
    with torch.no_grad():
        whole = network(*inputs)
        equal = [
            torch.equal(answer, whole)
            for answer in (supernet(inputs, space.largest), supernet.extract(space.largest)(*inputs))
        ]
        for architecture in (space.smallest, space.middle, *drawn):
            expected = zeroed(supernet, architecture)(*inputs)
            found = supernet.extract(architecture)(*inputs)
            off = max(off, float((found - expected).abs().max() / expected.std()))
    ends = space.costs(space.encode_many([space.smallest, space.largest])) if space.costs else {}
    return {
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
