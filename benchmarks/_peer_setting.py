"""What all ways of `shrink_peers` share: the trained original, how files are written, timed roughly, and tuned."""

import copy
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from _peer_subjects import Subject
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import hwnas
from hwnas.contracts.answer import answer_of
from hwnas.contracts.task import Task
from hwnas.export.writer import example, write_onnx
from hwnas.training._answers import Answers
from hwnas.training._healing import healing
from hwnas.training._loop import Trainer

RUNS = 100  # of each of two files, to tell how their times compare
RATIOS = 6  # that are tried to be just as fast as asked for


class TooSlowError(Exception):
    """A way that makes no network as fast as asked for."""


class Answer(nn.Module):
    """A network that gives its one answer only, also where it has others under names."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        """Logits."""
        return answer_of(self.network(*inputs))


@dataclass(frozen=True)
class Setting:
    """What all ways share."""

    folder: Path
    subject: Subject
    task: Task
    network: nn.Module
    recipe: hwnas.Recipe
    speedup: float = 2.0

    def file(self, network: nn.Module, name: str) -> Path:
        """Written as hwnas writes its own."""
        inputs, _ = self.examples(2)
        with torch.no_grad():
            is_plain = isinstance(network.eval()(*inputs), Tensor)
        written = network if is_plain else Answer(network).eval()
        return write_onnx(written, self.task.inputs, self.folder / f"{name}.onnx")

    def times(self, path: Path) -> float:
        """How many times as fast as the original a file is, about: medians of processor time, run in turns."""
        feeds = {spec.name: example(spec, 1).numpy() for spec in self.task.inputs}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        sessions = [onnxruntime.InferenceSession(p, options) for p in (self.folder / "original.onnx", path)]
        spent: list[list[float]] = [[], []]
        for _ in range(RUNS):
            for session, seconds in zip(sessions, spent, strict=True):
                began = time.thread_time()
                session.run(None, {x.name: feeds[x.name] for x in session.get_inputs()})
                seconds.append(time.thread_time() - began)
        first, second = (float(np.median(seconds)) for seconds in spent)
        return first / second

    def tuned(self, network: nn.Module, name: str, recipe: hwnas.Recipe, teacher: Answers | None) -> nn.Module:
        """Trained by the loop that also heals sub-networks."""
        choice = hwnas.Choice("only", (0, 1))
        supernet = hwnas.Supernet.from_builder(lambda _: copy.deepcopy(network).train(), [choice], self.task.inputs)
        method = healing(supernet.space, supernet.space.largest, teacher)
        Trainer(supernet, self.task, method, recipe, self.folder / name).run(
            lambda done: print(f"\r{name}: step {done.step} of {done.of}", end="", file=sys.stderr)
        )
        return supernet.extract(supernet.space.largest)

    def examples(self, count: int) -> tuple[tuple[Tensor, ...], Tensor]:
        """Some training examples: inputs, labels."""
        train = self.task.examples("train")
        few = train.take(np.random.default_rng(0).permutation(len(train))[:count])
        return tuple(map(torch.from_numpy, few.inputs)), torch.from_numpy(few.labels)

    def fast_enough(
        self, made: Callable[[float], nn.Module], name: str, finished: Callable[[Path], Path] = lambda path: path
    ) -> nn.Module:
        """The first by rising ratio whose finished file is as fast as asked for, of those that bisection tries."""
        low, high, best = 0.0, 0.9, None
        for _ in range(RATIOS):
            ratio = (low + high) / 2
            network = made(ratio)
            if self.times(finished(self.file(network, f"{name}_untuned"))) >= self.speedup:
                high, best = ratio, network
            else:
                low = ratio
        if best is None:
            raise TooSlowError(f"never {self.speedup:g} times as fast, up to a ratio of {low:.2f}")
        return best

    def healed(self, network: nn.Module, name: str) -> Path:
        """Tuned as all are, and written."""
        original = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        teacher = Answers(original, self.task.examples("train"), self.recipe.batch_size)
        return self.file(self.tuned(network, name, self.recipe, teacher), name)


def trained(setting: Setting) -> nn.Module:
    """The original: trained once, kept."""
    kept = setting.folder / "original.safetensors"
    if not kept.is_file():
        network = setting.tuned(setting.network, "training", setting.subject.training, None)
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, kept)
    setting.network.load_state_dict(load_file(kept))
    return setting.network.eval()
