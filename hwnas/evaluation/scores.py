"""One score per example, by the task's own rule, of a network in memory or of the very file that is shipped."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import SHARE, Batch, Examples, Rows, Task
from hwnas.evaluation.figure import averages
from hwnas.export.scoring import outputs, outputs_of_file


def scores_of_network(task: Task, network: nn.Module, specs: Sequence[InputSpec], examples: Rows) -> FloatArray:
    """Scores ``(n,)``, or ``(n, k)`` where the task summarises them, of a network in evaluation mode on examples.

    Raises:
        InputError: an output or a score is not a finite number, or of another shape than the task takes.
    """
    return np.concatenate([scores_of(task, outputs(network, specs, p.inputs), p) for p in examples.parts()])


def scores_of_file(task: Task, path: Path, examples: Rows) -> FloatArray:
    """The same of an ONNX file, as ONNX Runtime runs it.

    Raises:
        InputError: as above.
    """
    return np.concatenate([scores_of(task, outputs_of_file(path, p.inputs), p) for p in examples.parts()])


def scores_of(task: Task, outputs: Iterable[np.ndarray], examples: Examples) -> FloatArray:
    """The same of outputs ``(rows, ...)`` for all `examples`, some at a time, in their order.

    Kept with seven digits, as the archive keeps them.

    Raises:
        InputError: as above.
    """
    scores, first = [], 0
    for output in outputs:
        rows = examples.take(slice(first, first + len(output)))
        batch = Batch(tuple(torch.from_numpy(x) for x in rows.inputs), torch.from_numpy(rows.labels))
        scores.append(score(task, torch.from_numpy(output), batch))
        first += len(output)
    return np.concatenate(scores).astype(np.float32).astype(np.float64)


def score(task: Task, output: Tensor, batch: Batch) -> np.ndarray:
    """What a task says of an output, checked.

    Raises:
        InputError: as above.
    """
    if not output.isfinite().all():
        bad = int((~output.isfinite().reshape(len(output), -1).all(dim=1)).sum())
        raise InputError(
            f"A network gives outputs that are no finite numbers, for {bad} of {len(output)} examples of task "
            f"{task.name!r}; train it again, more slowly."
        )
    scores = task.score(output, batch)
    alone = averages(task)
    if (
        not isinstance(scores, Tensor)
        or scores.shape[:1] != batch.labels.shape[:1]
        or scores.ndim not in ((1,) if alone else (1, 2))
    ):
        shape = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        wanted = f"one figure per example, ({len(batch.labels)},)"
        wanted += "" if alone else f" or ({len(batch.labels)}, k)"
        raise InputError(f"`score` of task {task.name!r} should give {wanted}, got {shape}.")
    figures: np.ndarray = scores.detach().double().numpy()
    if not np.isfinite(figures).all():
        raise InputError(f"`score` of task {task.name!r} gives {figures[~np.isfinite(figures)][0]}; make it finite.")
    if alone and task.figure.unit == SHARE and not (figures.min() >= 0 and figures.max() <= 1):
        raise InputError(
            f"`score` of task {task.name!r} gives {figures.min():g} to {figures.max():g}, and its figure "
            f"{task.figure.name!r} is a share, from 0 to 1; give `figure` another unit."
        )
    return figures


def agreement_of(task: Task, wanted: Iterable[np.ndarray], got: Iterable[np.ndarray]) -> float | None:
    """Share of answers ``(n, ...)`` that two versions' outputs, some at a time, have in common; None: no answers."""
    answers = [task.answer(torch.from_numpy(np.concatenate([*outputs]))) for outputs in (wanted, got)]
    if answers[0] is None or answers[1] is None:
        return None
    return float((answers[0] == answers[1]).double().mean())
