"""Claim: healing takes at most 0.8 times the processor time where the original is asked once about each example.

Sub-networks of a small CNN at 28 pixels and of `mobilenetv3` at 128, the middle ones of their spaces, are fine-tuned
three times for three epochs each, as `hwnas.shrink` heals three: with the largest network asked in every step, and with
its answers made once for all, in turns. Weights and images are random. Given are medians of processor time, and by how
much the weights of both ways differ in the end, as a share of how far they went.

Run:  python benchmarks/healing_time.py [--rounds 3] [--threads 1]
"""

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from _own_cnn import own_cnn
from _saving import save
from torch import Tensor, nn

import hwnas
from hwnas.contracts.task import Task
from hwnas.spaces.mobilenetv3 import mobilenetv3
from hwnas.training._answers import Answers
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer

PIXELS, CLASSES, SUB_NETWORKS = 128, 10, 3
RECIPE = hwnas.Recipe(epochs=3, batch_size=32, learning_rate=0.01, warmup_steps=0)


def subjects() -> dict[str, tuple[hwnas.Supernet, Task]]:
    """Supernets, with tasks of random images."""
    small = hwnas.elastic(own_cnn().eval(), torch.randn(2, 1, 28, 28))
    large = hwnas.Supernet(mobilenetv3(input_shape=(3, PIXELS, PIXELS), classes=CLASSES))
    counts, rng = {"small CNN": 1024, "mobilenetv3": 96}, np.random.default_rng(0)
    found = {}
    for (name, count), supernet in zip(counts.items(), (small, large), strict=True):
        images = rng.normal(size=(count, *supernet.space.inputs[0].shape)).astype(np.float32)
        data = images, np.arange(count) % CLASSES
        found[name] = (
            supernet,
            hwnas.task(data, search=(images[:10] + 1, data[1][:10]), report=(images[:10] + 2, data[1][:10])),
        )
    return found


def healed(supernet: hwnas.Supernet, task: Task, teacher: nn.Module | Answers) -> tuple[float, Tensor]:
    """Seconds of processor time, and all weights of the last one."""
    space, began = supernet.space, time.process_time()
    for _ in range(SUB_NETWORKS):
        shared = {name: tensor.detach().clone() for name, tensor in supernet.shared.items()}
        own = hwnas.Supernet(space, supernet.sharing, shared, supernet.buffers, supernet.layout)
        with TemporaryDirectory() as folder:
            Trainer(own, task, healing(space, space.middle, teacher), RECIPE, Path(folder)).run()
    return time.process_time() - began, flat(own)


def flat(supernet: hwnas.Supernet) -> Tensor:
    """All weights that learn."""
    return torch.cat([tensor.detach().flatten() for tensor in supernet.parameters.values()])


def compared(supernet: hwnas.Supernet, task: Task, rounds: int) -> dict[str, float]:
    """Both ways, in turns."""
    teacher = supernet.extract(supernet.space.largest).eval().requires_grad_(requires_grad=False)
    seconds: dict[str, list[float]] = {"asked_in_every_step": [], "asked_once": []}
    for _ in range(rounds):
        spent, asked = healed(supernet, task, teacher)
        seconds["asked_in_every_step"].append(spent)
        spent, once = healed(supernet, task, Answers(teacher, task.examples("train"), RECIPE.batch_size))
        seconds["asked_once"].append(spent)
    differ, went = (once - asked).norm(), (asked - flat(supernet)).norm()
    times = statistics.median(one / other for other, one in zip(*seconds.values(), strict=True))
    medians = {f"seconds_{way}": round(statistics.median(found), 2) for way, found in seconds.items()}
    return {**medians, "times_as_long": round(times, 3), "weights_differ": float(f"{float(differ / went):.1e}")}


def main() -> None:
    """Heal both ways, write the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    networks = {name: compared(*subject, options.rounds) for name, subject in subjects().items()}
    save("healing_time", __doc__ or "", {"threads": options.threads, "networks": networks})


if __name__ == "__main__":
    main()
