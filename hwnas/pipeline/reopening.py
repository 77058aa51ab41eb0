"""A study that was begun before, from its folder alone."""

from collections.abc import Sequence
from pathlib import Path

from hwnas.pipeline._measuring import Progress
from hwnas.pipeline._run import Run
from hwnas.pipeline.opening import open_task, task_of
from hwnas.pipeline.study import Study, silent
from hwnas.supernet import Supernet


def open_study(
    folder: Path,
    device: str,
    task: str | None = None,
    data: Path | None = None,
    *,
    seed: int = 0,
    preset: str = "normal",
    progress: Progress = silent,
    transfer_from: Sequence[Path] = (),
) -> Study:
    """The study of a run's folder; `task` as it was begun with, else as the supernet was trained for.

    Raises:
        InputError: the folder holds no supernet, or a name is unknown.
        DeviceError: the device cannot be opened.
    """
    supernet = Supernet.load(folder)
    begun = Run(folder).archive.document("run") or {}
    name = task or str(begun.get("task") or task_of(supernet))
    return Study(
        folder, supernet, open_task(name, data), device, seed=seed, preset=preset, progress=progress,
        transfer_from=transfer_from,
    )  # fmt: skip
