"""Claim: a training step through the supernet costs at most 1.05 times the same step of the static network.

Forward, backward and update of the largest, middle and smallest network of the shipped space, batch 128: once through
the supernet, once as the plain network with channels-last weights of its own, turn and turn about. And a whole step of
the sandwich rule with four sub-networks, distillation, checks and all, as the trainer makes it, against the mean of the
same four networks' static steps: it may cost 4.1 of them.

Run:  python benchmarks/training_step.py [--steps 15] [--threads 1]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from _saving import save
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import ArchitectureSampler, Method
from hwnas.contracts.training_step import Context, Job, Stage, Step
from hwnas.pipeline.open import open_task
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from hwnas.supernet import Supernet
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._passes import Passes
from hwnas.training._precision import MixedPrecision
from hwnas.training._processes import Processes
from hwnas.training._recipe import Recipe
from hwnas.training._updates import Updates

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


def sandwich_stepper(space: SearchSpace, four: Sequence[Architecture]) -> Callable[[Tensor, Tensor], float]:
    """One timed step of the trainer that trains four sub-networks, the largest first."""

    class Four(ArchitectureSampler):
        def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:  # noqa: ARG002
            return [Job(a, "random" if number else "largest") for number, a in enumerate(four)]

    task = open_task("fashion_mnist_slice")
    method = Method("four", architectures=Four(), objective=InPlaceDistillation())
    recipe, supernet = Recipe(batch_size=BATCH, learning_rate=0.01), Supernet(space)
    passes = Passes(supernet, task, task.examples("train"), method.objective)
    updates = Updates(method, passes, recipe, MixedPrecision(recipe.precision, "cpu"), Processes())
    stage = Stage(SubSpace(space), 1, lambda _: 0.01)

    def step(x: Tensor, y: Tensor) -> float:
        began = time.perf_counter()
        updates.make(Context(Step(0, 1, 0, stage, np.arange(BATCH), Batch((x,), y)), task, passes.parameters))
        return time.perf_counter() - began

    return step


def of_sandwich(space: SearchSpace, x: Tensor, y: Tensor, steps: int) -> dict[str, float]:
    """Seconds of both, and how many static steps a step of the sandwich costs."""
    assert space.build is not None
    four = (space.largest, space.middle, space.middle, space.smallest)
    shared, static = sandwich_stepper(space, four), []
    for architecture in four:
        plain = space.build(architecture).train().to(memory_format=torch.channels_last)
        static.append(stepper(plain, list(plain.parameters())))
    pairs = [(shared(x, y), statistics.mean(step(x, y) for step in static)) for _ in range(steps + 2)][2:]
    return {
        "supernet_seconds": statistics.median(a for a, _ in pairs),
        "static_seconds": statistics.median(b for _, b in pairs),
        "static_steps": statistics.median(a / b for a, b in pairs),
    }


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
    figures["sandwich"] = of_sandwich(space, x, y, options.steps)
    save("training_step", __doc__ or "", {"threads": options.threads, "batch": BATCH, **figures})


if __name__ == "__main__":
    main()
