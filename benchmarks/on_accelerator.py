"""Claim: what is trained, resumed and judged on an accelerator is what the processor gives, but for rounding.

On whatever accelerator PyTorch sees (CUDA, or Apple's MPS), with the shipped space and the shipped images: some steps
of sandwich training there and on the processor, from one seed, and how far apart the updates are; the same killed at
the half and gone on with there, and gone on with on the processor; seconds per step in float32, bfloat16 and float16
and the memory that takes; and the figures of three sub-networks of the shipped supernet, judged there and here. With
CUDA, ONNX Runtime's CUDA provider times the largest and answers beside the processor. Without an accelerator it says so
and ends with exit code 2; `--on cpu` rehearses it on the processor and keeps nothing. Less than five minutes.

Run:  python benchmarks/on_accelerator.py [--steps 6] [--batch 64]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from _saving import save
from torch import Tensor

from hwnas.archive import Archive
from hwnas.contracts.device import TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.task import Task
from hwnas.devices import open_device
from hwnas.evaluation.accelerator import accelerator
from hwnas.evaluation.evaluator import Evaluator
from hwnas.export.writer import write_onnx
from hwnas.pipeline.open import load_supernet, open_task
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from hwnas.supernet import Supernet
from hwnas.training._curve import StepDone
from hwnas.training._loop import Trainer
from hwnas.training._recipe import Recipe
from hwnas.training.sandwich import sandwich

PRECISIONS = ("float32", "bfloat16", "float16")
PROVIDER = "CUDAExecutionProvider"
PLAN = TimingPlan(rounds=5, min_runs=10, min_seconds=0.0, warmup_runs=10)


class Killed(Exception):  # noqa: N818  no error
    """What interrupts a training here."""


def present() -> str | None:
    """The accelerator that PyTorch sees, if any."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def train(
    recipe: Recipe, task: Task, folder: Path, on: str, stop: int | None = None
) -> tuple[dict[str, Tensor], list[float]]:
    """Shared tensors after it, on the processor, and the seconds of every step; `stop` kills it before that step."""
    space = mobilenetv3_grey28()
    supernet, seconds, last = Supernet(space), list[float](), time.perf_counter()

    def on_step(done: StepDone) -> None:
        nonlocal last
        if done.step == stop:
            raise Killed
        seconds.append(time.perf_counter() - last)  # the losses were read, so the accelerator has finished
        last = time.perf_counter()

    with suppress(Killed):
        Trainer(supernet, task, sandwich(space), recipe, folder, on).run(on_step, save_seconds=-1.0 if stop else 1e9)
    return {name: tensor.detach().cpu() for name, tensor in supernet.parameters.items()}, seconds


def apart(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> float:
    """How far two trainings' updates are apart, relative to how far the second one moved (L2, all weights)."""
    start = Supernet(mobilenetv3_grey28()).parameters
    between = sum(float((ours[name] - theirs[name]).square().sum()) for name in start)
    moved = sum(float((theirs[name] - start[name].detach()).square().sum()) for name in start)
    return float(np.sqrt(between / moved))


def trained(on: str, recipe: Recipe, task: Task, folder: Path) -> dict[str, object]:
    """The same steps here, there, killed there, and begun there and ended here."""
    here, seconds = train(recipe, task, folder / "here", "cpu")
    there, _ = train(recipe, task, folder / "there", on)
    half = len(seconds) // 2 + 1
    ends = {}
    for where in (on, "cpu"):
        train(recipe, task, folder / f"killed {where}", on, stop=half)
        ends[where], _ = train(recipe, task, folder / f"killed {where}", where)
    return {
        "steps": len(seconds),
        "update_off_from_processor": apart(there, here),
        "update_off_after_resuming": apart(ends[on], there),
        "update_off_after_resuming_on_processor": apart(ends["cpu"], here),
        "processor_seconds_per_step": float(np.median(seconds[1:])),
    }


def precisions(on: str, recipe: Recipe, task: Task, folder: Path) -> dict[str, object]:
    """What a step takes in each precision, and where the last losses are."""
    found: dict[str, object] = {}
    for precision in PRECISIONS:
        if on == "cuda":
            torch.cuda.reset_peak_memory_stats()
        fields = {**recipe.settings, "precision": precision}
        weights, seconds = train(Recipe.recorded(fields), task, folder / precision, on)
        found[precision] = {
            "seconds_per_step": float(np.median(seconds[1:])),
            "finite": all(bool(tensor.isfinite().all()) for tensor in weights.values()),
            "peak_memory_bytes": torch.cuda.max_memory_allocated() if on == "cuda" else None,
        }
    return found


def judged(on: str, task: Task) -> dict[str, object]:
    """Figures of the shipped supernet's sub-networks, there and here."""
    supernet = load_supernet("fashion_mnist")
    space, found = supernet.space, {}
    for size, architecture in (("smallest", space.smallest), ("middle", space.middle), ("largest", space.largest)):
        figures = {}
        for where in ("cpu", on):
            supernet.to(accelerator(where))
            began = time.perf_counter()
            figures[where] = float(Evaluator(supernet, task, Archive()).scores(architecture).mean())
            figures[f"{where} seconds"] = time.perf_counter() - began
        found[size] = {
            "processor": figures["cpu"], "accelerator": figures[on],
            "processor_seconds": figures["cpu seconds"], "accelerator_seconds": figures[f"{on} seconds"],
        }  # fmt: skip
    return found


def answered(folder: Path, task: Task) -> dict[str, object]:
    """The largest sub-network as a file, by ONNX Runtime's CUDA provider and on the processor."""
    if PROVIDER not in onnxruntime.get_available_providers():
        return {"not_run": f"this ONNX Runtime has no {PROVIDER}; install onnxruntime-gpu"}
    supernet = load_supernet("fashion_mnist")
    path = write_onnx(supernet.extract(supernet.space.largest), supernet.space.inputs, folder / "largest.onnx")
    images = task.examples("search").inputs[0][:64]

    def outputs(provider: str) -> np.ndarray:
        session = onnxruntime.InferenceSession(path, providers=[provider])
        name = session.get_inputs()[0].name
        return np.concatenate([session.run(None, {name: image[None]})[0] for image in images])

    here, there = outputs("CPUExecutionProvider"), outputs(PROVIDER)
    try:
        device = open_device("cuda")
        timings = [timing.median_ms for timing in device.measure([path], path, PLAN)]
        timed: dict[str, object] = {"card": device.card().to_dict(), "median_ms": float(np.median(timings))}
    except DeviceError as error:
        timed = {"not_timed": str(error)}
    return {"logits_off": float(np.abs(here - there).max() / np.abs(here).max()), **timed}


def main() -> None:
    """Try it all, write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--on", help="accelerator; by default the one that PyTorch sees")
    options = parser.parse_args()
    on = options.on or present()
    if on is None:
        print("PyTorch sees no accelerator here, so nothing was tried; --on cpu rehearses.", file=sys.stderr)
        raise SystemExit(2)
    task = open_task("fashion_mnist_slice")
    recipe = Recipe(passes=4 * options.steps, batch_size=options.batch, learning_rate=0.02, warmup_steps=1)
    steps: dict[str, Callable[[Path], object]] = {
        "training": lambda folder: trained(on, recipe, task, folder),
        "precisions": lambda folder: precisions(on, recipe, task, folder),
        "judging": lambda _: judged(on, task),
        "onnx_runtime": lambda folder: answered(folder, task),
    }
    began, figures = time.perf_counter(), dict[str, object]()
    with tempfile.TemporaryDirectory() as folder:
        for name, step in steps.items():
            figures[name] = step(Path(folder))
            print(f"{name} ({time.perf_counter() - began:.0f} s): {figures[name]}", flush=True)
    if options.on == "cpu":
        print("A rehearsal on the processor: nothing is kept.")
        return
    card = torch.cuda.get_device_name() if on == "cuda" else "Apple GPU"
    save("on_accelerator", __doc__ or "", {"accelerator": card, "torch": torch.__version__, **figures})


if __name__ == "__main__":
    main()
