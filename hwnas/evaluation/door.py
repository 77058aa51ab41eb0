"""What a task gives is looked at before anything is learnt, measured or promised by it.

A network gets an accuracy even from labels it was never meant for, and a wrong figure without a word is the worst
there is. So whatever is not understood ends here in a sentence, and only here: `admit` is what a study asks
first, `admit_training` what a training asks; both come to data by `examples_of`.
"""

import inspect
import warnings
from itertools import combinations

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.figures import FIGURES
from hwnas.contracts.objective import Objective
from hwnas.contracts.raised import outcome
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import ACCURACY, SPLITS, Batch, Examples, Rows, Split, Task
from hwnas.evaluation._tried import only, tried_networks
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.expected import ERROR, MEASURED
from hwnas.supernet import Supernet

_TAKEN = {"params", "macs", MEASURED, ERROR, *(figure.name for figure in FIGURES)}  # results and tables have these
_MIXED = 0.5  # share of examples that two splits may have in common; data sets have doubles of their own
_SAID = 0.05  # from which share on that is said


def refuse_misfit(space: SearchSpace, task: Task) -> None:
    """Do the networks of a space take what a task gives?

    Raises:
        InputError: they do not.
    """
    if not space.inputs:
        raise InputError(f"Space {space.name!r} says no inputs; give it an InputSpec for each, as to its builder.")
    takes, gives = ([(i.shape, i.dtype) for i in of.inputs] for of in (space, task))
    if takes != gives:
        raise InputError(
            f"Space {space.name!r} takes inputs {takes}, task {task.name!r} gives {gives}; choose a space that fits, "
            "see `hwnas spaces`."
        )
    names, named = ([i.name for i in of.inputs] for of in (space, task))
    if names != named and set(names) == set(named):
        raise InputError(
            f"Space {space.name!r} takes its inputs as {', '.join(names)}, task {task.name!r} gives them as "
            f"{', '.join(named)}: each would be taken for another; give them in the network's order, such as by "
            "`inputs` of hwnas.task."
        )


def refuse_misplaced(network: nn.Module, task: Task) -> None:
    """Inputs go by their order; is one named as the network names what it takes at another place?

    Raises:
        InputError: it is; the message says the order, where names tell it.
    """
    taken, named = [*inspect.signature(network.forward).parameters], [spec.name for spec in task.inputs]
    for place, name in enumerate(named):
        if name in taken and taken.index(name) != place:
            there = quoted(taken[place]) if place < len(taken) else "nothing"
            first = taken[: len(named)]
            order = f"inputs={first}" if {*first} == {*named} else "`inputs`"
            raise InputError(
                f"Task {quoted(task.name)} gives {quoted(name)} where the network takes {there}; give its inputs in "
                f"the network's order by {order} of hwnas.task, or wrap it in one whose forward takes just these."
            )


def admit(supernet: Supernet, task: Task) -> None:
    """Can sub-networks be evaluated on this task, and would the figure mean what it says?

    Raises:
        InputError: the data, its splits, the figure or the networks are not understood; the message says which.
    """
    if supernet.sharing.needs_member:
        raise InputError(
            f"A supernet with sharing scheme {quoted(supernet.sharing.name)} has a network for each of several tasks, "
            "and a search would judge one of them by all; take each from Python by `supernet.extract(architecture, "
            "member=TASK)`."
        )
    _refuse_figure(task)
    _refuse_preprocessing(task)
    refuse_misfit(supernet.space, task)
    refuse_misplaced(supernet.network(supernet.space.smallest), task)
    train, *others = (examples_of(task, split) for split in SPLITS)
    _refuse_mixed(task, dict(zip(SPLITS, (train, *others), strict=True)))
    tried_networks(supernet, task, train)


def admit_training(supernet: Supernet, task: Task, train: Rows) -> None:
    """Can a supernet learn this task?

    Raises:
        InputError: as `admit`; the loss is no finite scalar.
    """
    _refuse_figure(task)
    refuse_misfit(supernet.space, task)
    refuse_misplaced(supernet.network(supernet.space.smallest), task)
    for output, batch in tried_networks(supernet, task, train):
        shapes = f"outputs {tuple(output.shape)} and labels {tuple(batch.labels.shape)}"
        loss = outcome(f"`loss` of task {quoted(task.name)} fails on {shapes}", task.loss, output, batch)
        if not isinstance(loss, Tensor) or loss.ndim or not loss.isfinite():
            got = f"{tuple(loss.shape)} {loss.flatten()[:1].tolist()}" if isinstance(loss, Tensor) else repr(loss)
            raise InputError(f"`loss` of task {task.name!r} should give one finite number as a tensor, got {got}.")
        _refuse_broadcast(task, loss, output, batch)


def _refuse_broadcast(task: Task, loss: Tensor, output: Tensor, batch: Batch) -> None:
    """Losses may compare examples, but where shapes are a slip's they most likely broadcast what they should not."""
    slip = output.ndim == batch.labels.ndim + 1 and output.shape[-1:] == (1,) and batch.labels.is_floating_point()
    if slip:
        alone = [float(task.loss(output[i : i + 1], only(batch, i))) for i in range(len(output))]
        if not np.isclose(float(loss), np.mean(alone), rtol=1e-4, atol=1e-6):
            raise InputError(
                f"`loss` of task {quoted(task.name)} compares outputs {tuple(output.shape)} with labels "
                f"{tuple(batch.labels.shape)}, which broadcasts each over all others; squeeze the output, or give the "
                "labels its shape."
            )


def _refuse_figure(task: Task) -> None:
    name = getattr(task.figure, "name", "")
    if not isinstance(task.figure, Objective) or not name.isidentifier() or name in _TAKEN or name.endswith("_ms"):
        raise InputError(
            f"`figure` of task {task.name!r} should be an Objective with a name of its own such as mean_iou, letters, "
            f"digits and underscores, got {quoted(task.figure)}."
        )
    if task.figure != ACCURACY and type(task).score is Task.score:
        raise InputError(
            f"Task {task.name!r} has the figure {task.figure.name!r} and no `score` of its own; the default one is "
            f"the {ACCURACY.name}."
        )


def _refuse_preprocessing(task: Task) -> None:
    channels = task.preprocessing.channels if task.preprocessing else None
    if channels and any(spec.shape[:1] != (channels,) for spec in task.inputs if spec.dtype == "float32"):
        raise InputError(
            f"Task {task.name!r} has a preprocessing of {channels} channels for inputs "
            f"{[spec.shape for spec in task.inputs]}; give one mean and deviation per channel, the first axis."
        )


def _refuse_mixed(task: Task, examples: dict[Split, Rows]) -> None:
    """Of data that streams, samples are compared: the same data twice is seen, a part of it is not.

    Raises:
        InputError: two splits have more than half of their examples in common; from a twentieth on a warning says so.
    """
    samples = {split: split_examples.sample() for split, split_examples in examples.items()}
    rows = {
        split: {hash(_row(split_examples, i)) for i in range(len(split_examples))}
        for split, split_examples in samples.items()
    }
    for one, other in combinations(SPLITS, 2):
        a, b = rows[one], rows[other]
        common = len(a & b) / min(len(a), len(b))
        if common > _MIXED:
            raise InputError(
                f"Task {task.name!r} gives the same examples for {one} and {other} ({common:.0%} of the smaller one): "
                "what was learnt or chosen by would be reported as if it were unseen; cut the data into three parts."
            )
        if common > _SAID:
            warnings.warn(
                f"Task {task.name!r} gives some examples for {one} and for {other} ({common:.0%} of the smaller one): "
                "figures will be better than on unseen examples; take them out of one.",
                stacklevel=2,
            )


def _row(examples: Examples, i: int) -> bytes:
    return b"".join(x[i].tobytes() for x in (*examples.inputs, examples.labels))
