"""Claim: torch.compile makes a training step of a plain network at least 1.1 times as fast on a processor.

Forward, backward and update of the largest, middle and smallest network of the shipped space, batch 128: compiled, and
as it is, turn and turn about. Compiling takes time once per sub-network, and a supernet's training has thousands of
them; so the result also says after how many steps of one network it would have paid.

Run:  python benchmarks/compiled_training.py [--steps 15] [--threads 1]       needs a C++ compiler
"""

import statistics
import time

import torch
from _saving import save
from torch import nn
from training_step import BATCH, setting, stepper


def main() -> None:
    """Time both, write the ratios."""
    options, space, x, y = setting(__doc__ or "")
    assert space.build is not None
    figures: dict[str, object] = {}
    for name in ("largest", "middle", "smallest"):
        networks: list[nn.Module] = []
        for _ in range(2):
            torch.manual_seed(0)
            network = space.build(getattr(space, name))
            networks.append(network.train().to(memory_format=torch.channels_last))
        plain, compiled = (
            stepper(run, list(network.parameters()))
            for run, network in zip((networks[0], torch.compile(networks[1])), networks, strict=True)
        )
        began = time.perf_counter()
        compiled(x, y)
        first = time.perf_counter() - began
        pairs = [(plain(x, y), compiled(x, y)) for _ in range(options.steps + 2)][2:]
        seconds = [statistics.median(times) for times in zip(*pairs, strict=True)]
        saved = seconds[0] - seconds[1]
        figures[name] = {
            "plain_seconds": seconds[0],
            "compiled_seconds": seconds[1],
            "times_as_fast": statistics.median(a / b for a, b in pairs),
            "first_step_seconds": first,
            "pays_after_steps": first / saved if saved > 0 else None,
        }
    save("compiled_training", __doc__ or "", {"threads": options.threads, "batch": BATCH, **figures})


if __name__ == "__main__":
    main()
