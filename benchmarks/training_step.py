"""Claim: a training step through the supernet costs at most 1.05 times the same step of the static network.

Forward, backward and update of the largest, middle and smallest network of the shipped space, batch 128: once through
the supernet, once as the plain network with channels-last weights of its own, turn and turn about.

Run:  python benchmarks/training_step.py [--steps 15] [--threads 1]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from _saving import save
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from hwnas.supernet import Supernet

BATCH = 128


def stepper(forward: Callable[[Tensor], Tensor], parameters: list[Tensor]) -> Callable[[Tensor, Tensor], float]:
    """One timed step."""
    optimizer = torch.optim.SGD(parameters, 0.01, 0.9, nesterov=True)

    def step(x: Tensor, y: Tensor) -> float:
        began = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(forward(x), y).backward()
        optimizer.step()
        return time.perf_counter() - began

    return step


def setting(doc: str) -> tuple[argparse.Namespace, SearchSpace, Tensor, Tensor]:
    """Options of the command line, the space, and a batch of inputs and labels."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space = mobilenetv3_grey28()
    x = torch.randn(BATCH, *space.inputs[0].shape).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (BATCH,))
    return options, space, x, y


def main() -> None:
    """Time both, write the ratios."""
    options, space, x, y = setting(__doc__ or "")
    assert space.build is not None
    figures: dict[str, object] = {}
    for name in ("largest", "middle", "smallest"):
        architecture = getattr(space, name)
        supernet = Supernet(space)
        plain: nn.Module = space.build(architecture).train().to(memory_format=torch.channels_last)
        shared = stepper(
            lambda x, net=supernet, a=architecture: net(x, a, training=True), list(supernet.parameters.values())
        )
        static = stepper(plain, list(plain.parameters()))
        pairs = [(shared(x, y), static(x, y)) for _ in range(options.steps + 2)][2:]
        figures[name] = {
            "supernet_seconds": statistics.median(a for a, _ in pairs),
            "static_seconds": statistics.median(b for _, b in pairs),
            "ratio": statistics.median(a / b for a, b in pairs),
        }
    save("training_step", __doc__ or "", {"threads": options.threads, "batch": BATCH, **figures})


if __name__ == "__main__":
    main()
