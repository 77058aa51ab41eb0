"""Claim: training at 128 pixels takes at most 0.9 times the processor time when freed memory stays with the process.

Training steps (forward, backward, update; 32 images of 128 pixels) and passes forward as calibration makes them (125
images) of the middle network of `mobilenetv3`: within `hwnas.heap.kept_memory`, as training and calibration run, and
without it, turn and turn about in one process. Given are medians of processor time, that of the system in it, and
how many pages the system handed out.

Run:  python benchmarks/kept_memory.py [--rounds 7] [--threads 1]
"""

import argparse
import resource
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from _saving import save
from training_step import stepper

from hwnas.heap import kept_memory
from hwnas.spaces.mobilenetv3 import mobilenetv3

PIXELS, TRAINED, CALIBRATED = 128, 32, 125
RUNS = 3  # in a row, of which the last counts: the first finds no memory to be kept


def cost(run: Callable[[], None], within: Callable[[], AbstractContextManager[None]]) -> tuple[float, float, int]:
    """Seconds of processor time, those in the system, and new pages, of the last of some runs."""
    with within():
        for _ in range(RUNS):
            before = resource.getrusage(resource.RUSAGE_SELF)
            run()
            after = resource.getrusage(resource.RUSAGE_SELF)
    system = after.ru_stime - before.ru_stime
    return after.ru_utime - before.ru_utime + system, system, after.ru_minflt - before.ru_minflt


def compared(run: Callable[[], None], rounds: int) -> dict[str, object]:
    """Of both ways, in turns."""
    pairs = [(cost(run, kept_memory), cost(run, nullcontext)) for _ in range(rounds)]

    def medians(of: int) -> dict[str, float]:
        seconds, system, pages = (statistics.median(found) for found in zip(*(p[of] for p in pairs), strict=True))
        return {"seconds": round(seconds, 4), "system_seconds": round(system, 4), "pages": pages}

    times = statistics.median(kept[0] / given_back[0] for kept, given_back in pairs)
    return {"kept": medians(0), "given_back": medians(1), "times_as_long": round(times, 3)}


def main() -> None:
    """Time both, write the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space = mobilenetv3()
    assert space.build is not None
    network = space.build(space.middle).train().to(memory_format=torch.channels_last)
    step = stepper(network, list(network.parameters()))
    images = torch.randn(CALIBRATED, 3, PIXELS, PIXELS).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (TRAINED,))

    def train() -> None:
        step(images[:TRAINED], labels)

    def calibrate() -> None:
        with torch.no_grad():
            network(images)

    figures = {"training": compared(train, options.rounds), "calibration": compared(calibrate, options.rounds)}
    save("kept_memory", __doc__ or "", {"threads": options.threads, "pixels": PIXELS, **figures})


if __name__ == "__main__":
    main()
