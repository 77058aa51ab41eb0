"""From a trained network and a budget to a smaller one that keeps it: elastic, search, heal, choose, export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hwnas.contracts.answer import answer_of
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.figures import bounds_of
from hwnas.contracts.numbers import whole
from hwnas.contracts.places import expanded
from hwnas.contracts.task import Batch, Rows, Task
from hwnas.contracts.training import Defaults
from hwnas.contracts.words import one_of
from hwnas.devices import open_device
from hwnas.elasticity._importance import Importance
from hwnas.elasticity.elastic import elastic
from hwnas.evaluation.accelerator import CPU, accelerator
from hwnas.evaluation.calibration import drawn
from hwnas.evaluation.door import admit_training, refuse_misplaced
from hwnas.export import manifest as manifests
from hwnas.export.manifest import Manifest
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.open import open_task
from hwnas.pipeline.predictions.genome_predictor import ROWS_TO_PREDICT
from hwnas.pipeline.selection.feasibility import refuse_int8
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import EVALUATIONS, Study, silent
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.presets import find_preset
from hwnas.spaces._bits import CHOSEN_BY
from hwnas.spaces._elastic import given_network, refuse_untrained
from hwnas.spaces._mixed import refuse_few
from hwnas.training._curve import OnStep
from hwnas.training._data import Data
from hwnas.training._usual import TO_HEAL
from hwnas.training._usual_recipe import Asked, usual_recipe

if TYPE_CHECKING:
    from torch import nn

MODEL = "model.onnx"
RANKED_ON = 1024  # training examples
SAMPLES_FOR_ONE_NEAR = 4  # of the whole space, for each that is timed near the budget


@dataclass(frozen=True)
class Shrunk:
    """What came of it.

    Args:
        module: plain PyTorch network of the user's own class, in evaluation mode.
        onnx: the file that was proved to compute the same, and timed.
        manifest: what it promises.
        report: page to look at.
        front: all that were healed, and the original.
    """

    module: nn.Module
    onnx: Path
    manifest: Manifest
    report: Path
    front: Front

    @property
    def original(self) -> Member:
        """The network as it came, on the same images and the same clock."""
        assert self.front.original is not None  # noqa: S101  a healed front
        return self.front.original

    @property
    def member(self) -> Member:
        """What was handed out, as it was timed beside the original."""
        return next(m for m in self.front.members if m.architecture == self.manifest.architecture)

    @property
    def speedup(self) -> float:
        """How many times as fast it is as the original, timed in the same rounds."""
        return self.original.latency_ms / self.member.latency_ms


def shrink(
    model: nn.Module | str,
    task: Task | str,
    device: Device | str = "cpu",
    *,
    folder: Path | str,
    speedup: float | None = None,
    worst_score: float | None = None,
    recipe: Asked = None,
    best: int = 5,
    evaluations: int | None = None,
    samples: int = 60,
    importance: Importance = "activation",
    keep: Sequence[str] = (),
    only: Sequence[str] = ("*",),
    hidden: bool = False,
    uniform: bool = False,
    multiple_of: int | None = None,
    resolution: Sequence[int] = (),
    length: Sequence[int] = (),
    bits: str | None = None,
    recover: str = "none",
    seed: int = 0,
    preset: str = "normal",
    progress: Progress = silent,
    force: bool = False,
    on: str | None = None,
    on_step: OnStep = lambda _: None,
    **bounds: float | None,
) -> Shrunk:
    """A smaller version of a trained network that keeps a budget on a device, healed, proved and timed there.

    Resumable: the same call on the same folder goes on where a killed one stood, and measures nothing twice.

    Args:
        model: trained, in evaluation mode, or ``FILE.py:NAME`` of one.
        task: its data, loss and score, see `hwnas.task`; or a task's name.
        device: a device string or a device.
        folder: of the run; the model lies there as ``model.onnx`` afterwards.
        speedup: how many times as fast as the original it should be; beside it or instead of ``max_latency_ms``.
        worst_score: of the task's figure that is accepted after fine-tuning, in its unit.
        recipe: how the best ones are fine-tuned, see `Study.heal`.
        best: how many are fine-tuned before one is chosen.
        evaluations: of the search, see `Study.search`.
        samples: sub-networks that are timed, 22 at least, to learn latencies from.
        importance: which entries smaller sub-networks keep, see `hwnas.elastic`; on some training examples.
        keep, only, hidden, uniform, multiple_of: what may shrink, and to which widths, see there too.
        resolution, length: smaller sizes of inputs that are tried, see `hwnas.with_input_sizes`.
        bits: choose the bits of each ``layer`` or ``block`` too, 8 or 32: those of the file; the module that comes back
            is in float32. The search begins with the network as it came, all in INT8.
        recover: what is done about the accuracy that integers cost: with ``bias`` or ``equalize`` in the file; with
            ``qat`` the best are fine-tuned as they are rounded, instead of in float32.
        seed: of all that is drawn; that of a `recipe` which is given stays its own.
        preset: how thoroughly to time.
        progress: told of every step.
        force: replace a ``model.onnx`` there that hwnas did not write.
        on: where PyTorch judges and heals, see `Study`.
        on_step: told of every step of fine-tuning, see `Study.heal`.
        bounds: limits by name, such as ``max_latency_ms``, see `hwnas.contracts.figures.FIGURES`.

    Raises:
        PromiseError: no sub-network keeps the budget.
        InputError: the network, the task or an argument is not understood, or nothing says how small it should be.
        DeviceError: the device fails, or the machine is too busy for usable figures.
    """
    path = expanded(folder) / MODEL
    accelerator(on or CPU)  # which is not there is to be heard of now, not after the network was looked through
    limits = Limits(bounds_of(bounds), worst_score, speedup=speedup)
    if not limits.bounds and speedup is None:
        raise InputError("Nothing says how small it should be; give max_latency_ms, speedup or another limit.")
    find_preset(preset)
    whole("the number of sub-networks to heal", best, 1)
    whole("the number of samples that latencies are learnt from", samples, ROWS_TO_PREDICT)
    whole("the number of evaluations", EVALUATIONS if evaluations is None else evaluations, 1)
    device = open_device(device) if isinstance(device, str) else device
    refuse_int8(device)
    network = given_network(model)
    if isinstance(model, str):
        refuse_untrained(model, network)
    opened = open_task(task) if isinstance(task, str) else task
    limits.of_score(opened.figure)  # which it cannot have is to be heard of now, too
    refuse_misplaced(network, opened)
    recipe = usual_recipe(network, recipe, TO_HEAL, seed=seed)
    examples = Data(opened, Defaults(), recipe).examples  # too few for a batch is to be heard of now
    two = tuple(map(torch.from_numpy, examples.take(slice(0, 2)).inputs))
    batches = None if importance == "l2" else _batches(examples, recipe.batch_size)

    def loss(answer: object, labels: Tensor) -> Tensor:
        return opened.loss(answer_of(answer), Batch((), labels))

    supernet = elastic(
        model, two, importance=importance, batches=batches, loss=loss, keep=keep, only=only, hidden=hidden,
        uniform=uniform, multiple_of=multiple_of, resolution=resolution, length=length,
    )  # fmt: skip
    admit_training(supernet, opened, examples)  # what the best could not learn by is to be heard of now
    if bits is not None:
        one_of("what bits are chosen for", bits, CHOSEN_BY)  # with all in INT8 there is no original to compare with
        refuse_few(len(examples))
        supernet = supernet.with_bits(bits, recover=recover)
    elif recover != "none":
        raise InputError(f"There is nothing to recover by {quoted(recover)} without integers; choose bits, too.")
    study = Study(folder, supernet, opened, device, seed=seed, preset=preset, progress=progress, on=on)
    files = [path, manifests.manifest_path(path)]
    with study.run.being_shrunk(), study.run.outputs(files, force=force):
        untuned = replace(limits, worst_score=None)  # which those that are fine-tuned are to reach
        searched = study.search(evaluations, untuned, samples=samples, near_budget=samples // SAMPLES_FOR_ONE_NEAR)
        front = study.heal(searched, recipe, architectures=study.contenders(searched, best), on_step=on_step)
        picked = front.pick(worst_score=worst_score, speedup=speedup, **bounds)
        manifest = picked.export(path, force=force)
        page = study.report(front)
    chosen = next(m for m in front.members if m.architecture == manifest.architecture)
    return Shrunk(picked.network(chosen.architecture), path, manifest, page, front)


def _batches(examples: Rows, size: int) -> Iterator[tuple[Tensor, ...]]:
    few = drawn(examples, RANKED_ON)
    for start in range(0, len(few), size):
        part = few.take(slice(start, start + size))
        yield (*map(torch.from_numpy, part.inputs), torch.from_numpy(part.labels))
