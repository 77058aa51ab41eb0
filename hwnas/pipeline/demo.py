"""The shipped supernet on this machine: three budgets, three models, a summary and a page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hwnas.contracts.device import Device
from hwnas.contracts.document import Count, Document, Positive
from hwnas.contracts.errors import DeviceError, PromiseError
from hwnas.contracts.figures import LATENCY
from hwnas.contracts.files import write_atomic
from hwnas.contracts.outputs import outputs
from hwnas.export import manifest as manifests
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.open import load_supernet, open_task
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.study import Study
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.pipeline.train import SUPERNET_FILES

SUPERNET, TASK = "fashion_mnist", "fashion_mnist_slice"
SUMMARY = "summary.json"
SAMPLES, EVALUATIONS, FINALISTS = 32, 12, 4
MARGIN = 1.15  # above what was measured: budgets nobody chose should not fail on a machine's moods


class Delivered(Document):
    """One model of the demo; paths are relative to the folder."""

    budget_ms: Positive
    predicted_latency_ms: Positive
    latency_ms: Positive
    score: float
    score_interval: tuple[float, float]
    size_bytes: Count
    file: str
    manifest: str


class Summary(Document):
    """What the demo left in its folder."""

    schema_version: Literal[1] = 1
    device: str
    seconds: dict[str, float]
    models: list[Delivered]
    report: str
    model: str


@dataclass(frozen=True)
class Demonstrated:
    """What came of the demo; `refused` says of each budget that could not be kept why."""

    study: Study
    front: Front
    delivered: list[Delivered]
    refused: list[str]


def run_demo(folder: Path, device: Device | str, progress: Progress, *, force: bool = False) -> Demonstrated:
    """Search with the shipped supernet and hand out a model for each of three budgets.

    Raises:
        PromiseError: timed again, no sub-network keeps any budget.
        DeviceError: the device fails or is too busy.
    """
    with outputs(_own_files(folder), force=force):
        return _demonstrated(folder, device, progress, force=force)


def _demonstrated(folder: Path, device: Device | str, progress: Progress, *, force: bool) -> Demonstrated:
    study = _profiled(folder, device, progress)
    study.supernet.save(folder)
    front = study.search(EVALUATIONS, samples=SAMPLES, finalists=FINALISTS, force=force)
    _clear(folder)
    delivered: list[Delivered] = []
    refused: list[str] = []
    budgets = budgets_for(front.members)
    for i, budget in enumerate(budgets):
        progress("handing out", i, len(budgets))
        try:
            delivered.append(_deliver(study, front, folder / "models" / f"{budget:g}ms.onnx", budget))
        except PromiseError as error:
            refused.append(str(error))
    progress("handing out", len(budgets), len(budgets))
    if not delivered:
        raise PromiseError(refused[-1])
    middle = delivered[len(delivered) // 2]
    for suffix in (".onnx", ".json"):
        source = (folder / middle.file).with_suffix(suffix)
        write_atomic((folder / "model.onnx").with_suffix(suffix), source.read_bytes())
    study.report(front, force=force)
    return Demonstrated(study, front, delivered, refused)


def _profiled(folder: Path, device: Device | str, progress: Progress) -> Study:
    """A study with a latency table: timed briefly, and if that was too noisy to be used, once more at length."""
    supernet, task = load_supernet(SUPERNET), open_task(TASK)
    study = Study(folder, supernet, task, device, preset="rapid", progress=progress)
    try:
        study.profile(SAMPLES)
    except DeviceError:
        study = Study(folder, supernet, task, device, preset="normal", progress=progress)
        study.profile(SAMPLES)
    return study


def _own_files(folder: Path) -> list[Path]:
    """What a demo writes into its folder, beside a run's own files, and the models of an earlier one."""
    named = [folder / name for name in (*SUPERNET_FILES, "model.onnx", "model.json", SUMMARY)]
    return [*named, *folder.glob("models/*.onnx"), *folder.glob("models/*.json")]


def _clear(folder: Path) -> None:
    """Take away what an earlier demo handed out, maybe for another device; what has no manifest is not ours."""
    for model in (folder / "model.onnx", *sorted((folder / "models").glob("*.onnx"))):
        if manifests.manifest_path(model).is_file():
            model.unlink(missing_ok=True)
            manifests.manifest_path(model).unlink()
    (folder / SUMMARY).unlink(missing_ok=True)


def budgets_for(members: Sequence[Member]) -> list[float]:
    """Three budgets in ms that a user might name: just above the fastest, the middle and the slowest member."""
    needed = sorted(member.limited_ms for member in members)
    return sorted({_round_up(latency * MARGIN) for latency in (needed[0], needed[len(needed) // 2], needed[-1])})


def write_summary(folder: Path, device: str, seconds: dict[str, float], delivered: Sequence[Delivered]) -> Path:
    """``summary.json``: what there is, and how long each step took."""
    summary = Summary(device=device, seconds=seconds, models=list(delivered), report="report.html", model="model.onnx")
    path = folder / SUMMARY
    with outputs([path], force=True):  # seen to when the demo began
        write_atomic(path, summary.model_dump_json(indent=1) + "\n")
    return path


def _deliver(study: Study, front: Front, path: Path, budget_ms: float) -> Delivered:
    manifest = study.deliver(front, path, Limits({LATENCY.name: budget_ms}))
    assert manifest.latency_ms is not None  # noqa: S101  just timed
    assert manifest.predicted_latency_ms is not None  # noqa: S101  every member has one
    return Delivered(
        budget_ms=budget_ms,
        predicted_latency_ms=manifest.predicted_latency_ms,
        latency_ms=manifest.latency_ms,
        score=manifest.score,
        score_interval=manifest.score_interval,
        size_bytes=manifest.size_bytes,
        file=f"models/{path.name}",
        manifest=f"models/{path.with_suffix('.json').name}",
    )


def _round_up(latency_ms: float) -> float:
    """To two significant digits, upwards."""
    unit = 10.0 ** (math.floor(math.log10(latency_ms)) - 1)
    return round(math.ceil(latency_ms / unit - 1e-9) * unit, 12)
