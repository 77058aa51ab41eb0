"""The examples of a task as networks take them: how training, evaluation and validation come to data."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import get_args

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.examples import advice_on_labels
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import Examples, Rows, Split, Task
from hwnas.contracts.words import one_of


def examples_of(task: Task, split: Split) -> Rows:
    """The examples of a split as networks take them: float32 and int64 arrays in order, finite, one label for each.

    Of data that streams some are looked at now, and all when they come.

    Raises:
        InputError: they are not what the task says of them.
    """
    one_of("the split of a task", split, get_args(Split))
    given = task.examples(split)
    if isinstance(given, Rows) and not isinstance(given, Examples):
        checked = _Checked(given, partial(_as_taken, task, split))
        if not len(given):
            raise InputError(f"Task {quoted(task.name)} gives no examples for {split}; give at least one.")
        checked.sample()
        return checked
    return _as_taken(task, split, given)


class _Checked(Rows):
    """Examples that stream, each part looked at when it comes."""

    def __init__(self, rows: Rows, check: Callable[[Examples], Examples]) -> None:
        self._rows, self._check = rows, check

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, rows: slice | IntArray) -> Examples:
        return self._check(self._rows.take(rows))

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Examples]:
        yield from map(self._check, self._rows.batches(rows))


def _as_taken(task: Task, split: Split, given: object) -> Examples:
    if not isinstance(given, Examples) or not isinstance(given.inputs, tuple | list):
        raise InputError(f"Task {task.name!r} should give Examples((one array per input, ...), labels) for {split}.")
    if len(given.inputs) != len(task.inputs):
        raise InputError(
            f"Task {task.name!r} says that it has {len(task.inputs)} inputs and gives {len(given.inputs)} arrays for "
            f"{split}; list one InputSpec for each in `inputs`."
        )
    pairs = zip(given.inputs, task.inputs, strict=True)
    inputs = tuple(_input(np.asarray(x), spec, f"Task {quoted(task.name)}, {split}") for x, spec in pairs)
    labels = _labels(task, np.asarray(given.labels), split)
    counts = {len(x) for x in (*inputs, labels)}
    if counts != {len(labels)} or not len(labels):
        raise InputError(
            f"Task {quoted(task.name)} gives {[len(x) for x in inputs]} inputs and {len(labels)} labels for {split}; "
            "give as many of each, at least one."
        )
    return Examples(inputs, labels)


def _input(x: np.ndarray, spec: InputSpec, where: str) -> np.ndarray:
    if x.shape[1:] != spec.shape:
        moved = x.ndim > 2 and x.shape[1:] == (*spec.shape[1:], spec.shape[0])
        advice = "channels come first here, see numpy.moveaxis(x, -1, 1)" if moved else "change one of them"
        raise InputError(f"{where}: input {quoted(spec.name)} is {x.shape[1:]} each, expected {spec.shape}; {advice}.")
    wanted = "iu" if spec.dtype == "int64" else "fiub"
    if x.dtype.kind not in wanted:
        raise InputError(f"{where}: input {quoted(spec.name)} is {x.dtype}, expected {spec.dtype}; convert it.")
    taken = _owned(x, spec.dtype)
    if spec.dtype == "float32" and not np.isfinite(taken).all():
        bad = int((~np.isfinite(taken)).reshape(len(x), -1).any(axis=1).sum())
        raise InputError(
            f"{where}: input {quoted(spec.name)} has values that are no finite numbers, as float32, in {bad} examples."
        )
    if spec.dtype == "int64" and x.size and not (x.min() >= 0 and x.max() < spec.high):
        raise InputError(
            f"{where}: input {spec.name!r} goes from {x.min()} to {x.max()}, and its InputSpec says below {spec.high}; "
            "give `high` the size of the vocabulary."
        )
    return taken


def _labels(task: Task, labels: np.ndarray, split: str) -> np.ndarray:
    where = f"Task {quoted(task.name)}, {split}: labels"
    if labels.dtype.kind not in "biuf" or labels.ndim < 1:
        raise InputError(f"{where} should be numbers, one for each example, got {labels.dtype} {labels.shape}.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise InputError(f"{where} have values that are no finite numbers.")
    if not task.learns_labels and type(task).score is not Task.score:
        return _owned(labels, "float32" if labels.dtype.kind == "f" else "int64")  # only the task knows what they are
    own = "give the task a `loss` and a `score` of its own if they are meant"
    if labels.dtype.kind == "f":
        raise InputError(f"{where} should be whole numbers, classes of a classification, got {labels.dtype}; {own}.")
    if labels.dtype.kind == "b" and task.classes > 2:
        raise InputError(
            f"{where} are true or false, expected 0 to {task.classes - 1}; give numbers of classes; {own}."
        )
    if labels.shape[1:] in ((1,), (task.classes,)) and (advice := advice_on_labels(labels)):
        raise InputError(f"Task {quoted(task.name)}, {split}: {advice}.")
    if labels.size and not (labels.min() >= 0 and labels.max() < task.classes):
        raise InputError(
            f"{where} go from {labels.min()} to {labels.max()}, expected 0 to {task.classes - 1}; count classes from "
            "0, or correct `classes`."
        )
    return _owned(labels, "int64")


def _owned(x: np.ndarray, dtype: str) -> np.ndarray:
    """In memory in order and writeable, as torch takes it; the array itself where it is so."""
    with np.errstate(over="ignore"):
        return np.require(x, dtype, ["C_CONTIGUOUS", "WRITEABLE", "ALIGNED"])
