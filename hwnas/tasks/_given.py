"""A task from data and a goal, in one call: for those who have arrays, a data set, a loader, or a folder of images."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.numbers import whole
from hwnas.contracts.objective import Objective
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.task import ACCURACY, SPLITS, Split, Task
from hwnas.tasks._given_tasks import GivenTask, GoalTask, OwnLossTask, SummaryTask
from hwnas.tasks._goal import Goal, OfLabels, Summary
from hwnas.tasks._goals import GOALS
from hwnas.tasks._image_folder import IMAGE_SHAPE, images_in
from hwnas.tasks._prepared import specs
from hwnas.tasks._reading import read
from hwnas.tasks._source import Source
from hwnas.tasks._splits import refuse_uneven, with_cuts

if TYPE_CHECKING:
    from torch import Tensor


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
    inputs: Sequence[str | InputSpec] | None = None,
    labels: str | None = None,
    preprocessing: Preprocessing | None = None,
    augment: Callable[[tuple[Tensor, ...], int], tuple[Tensor, ...]] | None = None,
    name: str = "own",
    provenance: Mapping[str, str] | None = None,
    in_memory: bool | None = None,
    seed: int = 0,
) -> Task:
    """A task from your own data; a classification by its accuracy when nothing else is said.

    Args:
        train: what to learn from: ``(inputs, labels)`` as arrays or tensors, a torch ``Dataset`` or ``DataLoader``,
            rows with names such as a Hugging Face data set, an iterable of rows, or the path of a folder of images by
            class, see `hwnas.tasks.images`; then ``inputs=[InputSpec("images", (3, 64, 64))]`` says their size.
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
        inputs: names of the inputs, in the order of the network's; None: all, in their order. An `InputSpec` in place
            of a name says more of it, such as the size of a vocabulary.
        labels: name of the labels where rows have names.
        preprocessing: of all float inputs, which are given raw then; it goes into the manifest.
        augment: ``augment(inputs, seed)``, random changes of training inputs ``(n, ...)``.
        name: of the task.
        provenance: where the data comes from, for the manifest.
        in_memory: whether all examples are read now and kept. None: where they take at most 1 GiB; else they are read
            in batches when they are wanted, by the workers of a loader that is given, and what has no length is
            written to temporary files. A run then knows data by its length and a sample of 256 examples.
        seed: of what is cut from `train`.

    Raises:
        InputError: data, labels or goal are not understood; the message says which.
    """
    goal = _goal(figure, loss, score, summary)
    seed = whole("the seed of a task", seed)
    classes = None if classes is None else whole("the number of classes", classes, 2)
    sources: dict[Split, object] = {"train": train, "search": search, "report": report}
    if isinstance(train, str | Path):
        shapes = [spec.shape for spec in inputs or () if isinstance(spec, InputSpec)]
        folder = images_in(train, shapes[0] if shapes else IMAGE_SHAPE)
        if not shapes:
            _warn_of_size()
        for split in SPLITS:  # what is given beside the folder goes before what is in it
            if split == "train" or sources[split] is None:
                sources[split] = folder.sources.get(split)
        preprocessing, provenance = preprocessing or folder.preprocessing, {**folder.provenance, **(provenance or {})}
    names = None if inputs is None else [i if isinstance(i, str) else i.name for i in inputs]
    given: dict[Split, Source] = {}
    for split, source in sources.items():
        if source is None and split != "train":
            continue
        given[split] = read(source, f"Task {quoted(name)}, {split}", names, labels, in_memory=in_memory)
        refuse_uneven(given[split], name, split)
    missing = [split for split in SPLITS if split not in given]
    by_class = goal is None or goal.answer is not None
    splits = with_cuts(given, seed, by_class=by_class)
    sizes = {split: len(splits[split]) for split in SPLITS}
    unlike = ", equal examples not looked for" if type(given["train"]).keys is Source.keys else ""
    cut = {"cut_from_train": f"{', '.join(missing)} (seed {seed}{unlike})"} if missing else {}
    recorded = {**(provenance or {"data": "given in Python"}), "split": str(sizes), **cut}
    made = (name, splits, specs(splits, inputs), classes, preprocessing, augment, recorded)
    if missing:
        words = " and ".join(f"{sizes[split]} for {split}" for split in missing)
        warnings.warn(
            f"Task {quoted(name)} cuts examples from train: {words}; {sizes['train']} are left to learn from.",
            stacklevel=2,
        )
    if goal is not None:
        return GoalTask(goal, *made) if goal.summary is None else SummaryTask(goal, *made)
    return GivenTask(*made) if loss is None else OwnLossTask(loss, *made)


def _warn_of_size() -> None:
    warnings.warn(
        f"Images are made {'x'.join(map(str, IMAGE_SHAPE))}, for no size is told; should the network take another, "
        'say images:FOLDER:3x96x96, or in Python inputs=[hwnas.InputSpec("images", (3, 96, 96))].',
        stacklevel=3,
    )


def _goal(
    figure: str | Objective, loss: OfLabels | None, score: OfLabels | None, summary: Summary | None
) -> Goal | None:
    """None: the accuracy of a classification, which is that of `Task` itself."""
    if isinstance(figure, Objective):
        if score is None or loss is None:
            raise InputError(f"A figure of your own such as {quoted(figure.name)} needs a `loss` and a `score`.")
        return Goal(figure, loss, score, summary=summary)
    figures = (ACCURACY.name, *GOALS)
    if figure not in figures:
        listed = ", ".join(nearest_first(str(figure), figures))
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
