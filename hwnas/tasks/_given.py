"""A task from data and a goal, in one call: for those who have arrays, a data set or a loader."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import ACCURACY, SPLITS, Batch, Examples, Split, Task, softened
from hwnas.contracts.words import one_of
from hwnas.tasks._cuts import parts
from hwnas.tasks._goal import Goal, OfLabels, Summary, scalar
from hwnas.tasks._goals import GOALS
from hwnas.tasks._place_goals import IGNORED
from hwnas.tasks._reading import Arrays, read

if TYPE_CHECKING:
    from torch import Tensor

SHARE_CUT = 0.15  # of the training examples, for each split that is missing
_FEWEST_TO_CUT = 20


class GivenTask(Task):
    """A classification over arrays at hand; see `task`."""

    def __init__(
        self,
        name: str,
        splits: Mapping[Split, Arrays],
        classes: int | None,
        preprocessing: Preprocessing | None,
        augment: Callable[[tuple[Tensor, ...], int], tuple[Tensor, ...]] | None,
        provenance: Mapping[str, str],
    ) -> None:
        self.name, self.preprocessing, self.provenance = name, preprocessing, provenance
        self._augment = augment
        self.inputs = tuple(_spec(input_name, splits) for input_name in splits["train"][0])
        self._examples: dict[Split, Examples] = {split: self._prepared(*splits[split]) for split in SPLITS}
        self._refuse_copies()
        self.classes = self._classes() if classes is None else classes

    def examples(self, split: Split) -> Examples:
        """See `Task.examples`."""
        one_of("the split of a task", split, SPLITS)
        return self._examples[split]

    def augment(self, inputs: tuple[Tensor, ...], seed: int) -> tuple[Tensor, ...]:
        """See `Task.augment`."""
        return inputs if self._augment is None else self._augment(inputs, seed)

    def _refuse_copies(self) -> None:
        """Would the task be to say again what is there?"""
        found = self._examples["train"]
        counts = found.labels != IGNORED
        same = [x.dtype == found.labels.dtype and x.shape == counts.shape for x in found.inputs]
        if any(alike and (x == found.labels)[counts].all() for x, alike in zip(found.inputs, same, strict=True)):
            raise InputError(
                f"The labels of task {quoted(self.name)} are its inputs; a language model's are the next tokens, as in "
                "(ids[:, :-1], ids[:, 1:])."
            )

    def _classes(self) -> int:
        """How many there are in the labels.

        Raises:
            InputError: they are no whole numbers from 0, each of which is among the training examples.
        """
        counted = np.concatenate([self._examples[split].labels.reshape(-1) for split in SPLITS])
        advice = "say how many there are as `classes`, or which figure is meant as `figure`"
        if counted.dtype.kind != "i":
            raise InputError(f"The labels of task {quoted(self.name)} are {counted.dtype}, and no classes; {advice}.")
        learnt, classes = np.unique(self._examples["train"].labels), int(counted.max()) + 1
        if learnt.tolist() != list(range(classes)) or counted.min() < 0:
            raise InputError(
                f"The labels of task {quoted(self.name)} go from {counted.min()} to {counted.max()}, and {len(learnt)} "
                f"of them are learnt from; count classes from 0 without a gap, or {advice}."
            )
        return classes

    def _prepared(self, inputs: dict[str, np.ndarray], labels: np.ndarray) -> Examples:
        prepared = []
        for spec, values in zip(self.inputs, inputs.values(), strict=True):
            floats = spec.dtype == "float32"
            ready = self.preprocessing(values) if floats and self.preprocessing else values.astype(spec.dtype)
            prepared.append(ready)
        return Examples(tuple(prepared), labels.astype(np.float32 if labels.dtype.kind == "f" else np.int64))


class GoalTask(GivenTask):
    """The same with another goal than the share of right classes."""

    def __init__(self, goal: Goal, *parts: object) -> None:
        self.goal, self.figure = goal, goal.figure
        super().__init__(*parts)  # type: ignore[arg-type]

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.loss`."""
        return scalar(self.goal.loss(output, batch.labels), self.name)

    def score(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.score`."""
        return self.goal.score(output, batch.labels)

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        """See `Task.distil`."""
        return super().distil(output, teacher) if self.goal.distil is None else self.goal.distil(output, teacher)

    def answer(self, output: Tensor) -> Tensor | None:
        """See `Task.answer`."""
        return None if self.goal.answer is None else self.goal.answer(output)

    @property
    def rules(self) -> tuple[Callable[..., object], ...]:
        """See `Task.rules`."""
        return (self.goal.score,) if self.goal.summary is None else (self.goal.score, self.goal.summary)

    def _classes(self) -> int:
        return 0


class SummaryTask(GoalTask):
    """The same with a figure that is not the mean of its scores."""

    def summary(self, scores: FloatArray) -> float:
        """See `Task.summary`."""
        assert self.goal.summary is not None  # noqa: S101  that is what it is for
        return self.goal.summary(scores)


class OwnLossTask(GivenTask):
    """A classification by its accuracy that learns by a loss of its own."""

    def __init__(self, own: OfLabels, *parts: object) -> None:
        self.own = own
        super().__init__(*parts)  # type: ignore[arg-type]

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """See `Task.loss`."""
        return scalar(self.own(output, batch.labels), self.name)

    def distil(self, output: Tensor, teacher: Tensor) -> Tensor:
        """See `Task.distil`."""
        return softened(output, teacher)


def task(
    train: object,
    *,
    search: object = None,
    report: object = None,
    figure: str | Objective = ACCURACY.name,
    loss: OfLabels | None = None,
    score: OfLabels | None = None,
    summary: Summary | None = None,
    classes: int | None = None,
    inputs: Sequence[str] | None = None,
    labels: str | None = None,
    preprocessing: Preprocessing | None = None,
    augment: Callable[[tuple[Tensor, ...], int], tuple[Tensor, ...]] | None = None,
    name: str = "own",
    provenance: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Task:
    """A task from your own data; a classification by its accuracy when nothing else is said.

    Args:
        train: what to learn from: ``(inputs, labels)`` as arrays or tensors, a torch ``Dataset`` or ``DataLoader``, or
            rows with names such as a Hugging Face data set. Everything is read once and kept in memory, in its order.
        search: what to choose by. None: a share of `train` is cut off for it, and a warning says how many.
        report: what to state the result on, likewise.
        figure: ``accuracy``, ``top5_accuracy``, ``balanced_accuracy``, ``f1`` (mean over classes), ``mean_iou``,
            ``perplexity``, ``token_accuracy``, ``equal_error_rate``, ``mean_squared_error``, ``mean_absolute_error``,
            ``multi_label_accuracy``; or an `Objective` of your own, which then needs a `score`.
        loss: ``loss(output, labels)``, a scalar to make small; None: the usual one of the figure.
        score: ``score(output, labels) -> (n,)``, how good each output is; None: that of the figure.
        summary: ``summary(scores) -> float``, a figure of your own of all scores, where it is not their mean; then
            scores may be ``(n, k)``.
        classes: how many; None: as many as are among the labels.
        inputs: names of the inputs, in the order of the network's; None: all, in their order.
        labels: name of the labels where rows have names.
        preprocessing: of all float inputs, which are given raw then; it goes into the manifest.
        augment: ``augment(inputs, seed)``, random changes of training inputs ``(n, ...)``.
        name: of the task.
        provenance: where the data comes from, for the manifest.
        seed: of what is cut from `train`.

    Raises:
        InputError: data, labels or goal are not understood; the message says which.
    """
    goal = _goal(figure, loss, score, summary)
    sources: dict[Split, object] = {"train": train, "search": search, "report": report}
    given: dict[Split, Arrays] = {
        split: _even(read(source, f"Task {quoted(name)}, {split}", inputs, labels), name, split)
        for split, source in sources.items()
        if source is not None
    }
    missing = [split for split in SPLITS if split not in given]
    splits = _cut(given, missing, seed, by_class=goal is None) if missing else given
    sizes = {split: len(splits[split][1]) for split in SPLITS}
    cut = {"cut_from_train": f"{', '.join(missing)} (seed {seed})"} if missing else {}
    known = {**(provenance or {"data": "given in Python"}), "split": str(sizes), **cut}
    made = (name, splits, classes, preprocessing, augment, known)
    if goal is not None:
        found: Task = GoalTask(goal, *made) if goal.summary is None else SummaryTask(goal, *made)
    else:
        found = GivenTask(*made) if loss is None else OwnLossTask(loss, *made)
    if missing:
        words = " and ".join(f"{sizes[split]} for {split}" for split in missing)
        warnings.warn(
            f"Task {quoted(name)} cuts examples from train: {words}; {sizes['train']} are left to learn from.",
            stacklevel=2,
        )
    return found


def _goal(
    figure: str | Objective, loss: OfLabels | None, score: OfLabels | None, summary: Summary | None
) -> Goal | None:
    """None: the accuracy of a classification, which is that of `Task` itself."""
    if isinstance(figure, Objective):
        if score is None or loss is None:
            raise InputError(f"A figure of your own such as {quoted(figure.name)} needs a `loss` and a `score`.")
        return Goal(figure, loss, score, summary=summary)
    known = (ACCURACY.name, *GOALS)
    if figure not in known:
        listed = ", ".join(nearest_first(str(figure), known))
        raise InputError(f"No figure {quoted(str(figure))}; there are, nearest first: {listed}, or an Objective.")
    if score is not None or summary is not None:
        raise InputError(
            f"A `{'summary' if score is None else 'score'}` of your own is not {figure}; name what it is by an "
            'Objective, such as figure=hwnas.Objective("hits", "max").'
        )
    if figure == ACCURACY.name:
        return None
    ready = GOALS[figure]
    return ready if loss is None else replace(ready, loss=loss)


def _even(arrays: Arrays, name: str, split: Split) -> Arrays:
    counts = {input_name: len(values) for input_name, values in arrays[0].items()}
    if set(counts.values()) != {len(arrays[1])} or not len(arrays[1]):
        raise InputError(
            f"Task {quoted(name)} has inputs {counts} and {len(arrays[1])} labels for {split}; give as many of each, "
            "at least one."
        )
    return arrays


def _cut(given: Mapping[Split, Arrays], missing: Sequence[Split], seed: int, *, by_class: bool) -> dict[Split, Arrays]:
    """With what is missing taken from train."""
    inputs, labels = given["train"]
    rows = [b"".join(x[i].tobytes() for x in inputs.values()) for i in range(len(labels))]
    different = len(set(rows))
    if different < _FEWEST_TO_CUT:
        raise InputError(
            f"{different} different examples are too few to cut {' and '.join(missing)} from, at least "
            f"{_FEWEST_TO_CUT} are needed; give all splits."
        )
    shares = [*(SHARE_CUT for _ in missing), 1 - SHARE_CUT * len(missing)]
    classes = labels if by_class and labels.ndim == 1 and labels.dtype.kind in "iu" else None
    owner = parts(rows, classes, shares, seed)
    splits: tuple[Split, ...] = (*missing, "train")
    taken = {split: owner == number for number, split in enumerate(splits)}
    return {**given, **{split: ({n: x[t] for n, x in inputs.items()}, labels[t]) for split, t in taken.items()}}


def _spec(name: str, splits: Mapping[Split, Arrays]) -> InputSpec:
    """What a network takes, as the data says: bytes are pixels and other whole numbers are ids."""
    values = [splits[split][0].get(name) for split in SPLITS]
    if any(x is None for x in values):
        raise InputError(f"Input {quoted(name)} is not in every split; give each split the same inputs.")
    arrays = [x for x in values if x is not None]
    if len({x.shape[1:] for x in arrays}) > 1:
        raise InputError(f"Input {quoted(name)} has shapes {[x.shape[1:] for x in arrays]} in the splits; give one.")
    shape = tuple(int(size) for size in arrays[0].shape[1:])
    if arrays[0].dtype.kind in "biu" and arrays[0].dtype != np.uint8:
        return InputSpec(name, shape, "int64", int(max(x.max() for x in arrays)) + 1)
    return InputSpec(name, shape)
