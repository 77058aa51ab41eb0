"""What a task gives is looked at before anything is learnt, measured or promised by it.

A network that is judged by labels it was never meant for still gets an accuracy, and a wrong figure without a word is
the worst there is. So whatever is not understood ends here in a sentence, and only here: `examples_of` is how training,
evaluation and validation come to data, `admit` what a study asks first, `admit_training` what a training asks.
"""

from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import HwnasError, InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.task import ACCURACY, SPLITS, Batch, Examples, Split, Task
from hwnas.evaluation.calibration import calibrated, drawn
from hwnas.evaluation.expected import ERROR, MEASURED
from hwnas.evaluation.scores import score
from hwnas.supernet import Supernet

_FEW = 4  # examples a network is tried on
_CALIBRATING = 32
_SAME = 1e-3  # of the largest output: more than arithmetic in another order makes of a network
_TAKEN = {"params", "macs", "peak_memory_bytes", MEASURED, ERROR}  # what results and tables have beside a figure
_MIXED = 0.5  # share of examples that two splits may have in common; data sets have doubles of their own


def examples_of(task: Task, split: Split) -> Examples:
    """The examples of a split as networks take them: float32 and int64 arrays in order, finite, one label for each.

    Raises:
        InputError: they are not what the task says of them.
    """
    found = task.examples(split)
    if not isinstance(found, Examples) or not isinstance(found.inputs, tuple | list):
        raise InputError(f"Task {task.name!r} should give Examples((one array per input, ...), labels) for {split}.")
    if len(found.inputs) != len(task.inputs):
        raise InputError(
            f"Task {task.name!r} says that it has {len(task.inputs)} inputs and gives {len(found.inputs)} arrays for "
            f"{split}; list one InputSpec for each in `inputs`."
        )
    pairs = zip(found.inputs, task.inputs, strict=True)
    inputs = tuple(_input(np.asarray(x), spec, f"Task {task.name!r}, {split}") for x, spec in pairs)
    labels = _labels(task, np.asarray(found.labels), split)
    counts = {len(x) for x in (*inputs, labels)}
    if counts != {len(labels)} or not len(labels):
        raise InputError(
            f"Task {task.name!r} gives {[len(x) for x in inputs]} inputs and {len(labels)} labels for {split}; "
            "give as many of each, at least one."
        )
    return Examples(inputs, labels)


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


def admit(supernet: Supernet, task: Task) -> None:
    """Can sub-networks be evaluated on this task, and would the figure mean what it says?

    Raises:
        InputError: the data, its splits, the figure or the networks are not understood; the message says which.
    """
    _refuse_figure(task)
    _refuse_preprocessing(task)
    refuse_misfit(supernet.space, task)
    train, *others = (examples_of(task, split) for split in SPLITS)
    _refuse_mixed(task, dict(zip(SPLITS, (train, *others), strict=True)))
    _refuse_networks(supernet, task, train)


def admit_training(supernet: Supernet, task: Task, train: Examples) -> None:
    """Can a supernet learn this task?

    Raises:
        InputError: as `admit`; the loss is no finite scalar.
    """
    _refuse_figure(task)
    refuse_misfit(supernet.space, task)
    for output, batch in _refuse_networks(supernet, task, train):
        loss = task.loss(output, batch)
        if not isinstance(loss, Tensor) or loss.ndim or not loss.isfinite():
            found = f"{tuple(loss.shape)} {loss.flatten()[:1].tolist()}" if isinstance(loss, Tensor) else repr(loss)
            raise InputError(f"`loss` of task {task.name!r} should give one finite number as a tensor, got {found}.")


def _input(x: np.ndarray, spec: InputSpec, where: str) -> np.ndarray:
    if x.shape[1:] != spec.shape:
        moved = x.ndim > 2 and x.shape[1:] == (*spec.shape[1:], spec.shape[0])
        advice = "channels come first here, see numpy.moveaxis(x, -1, 1)" if moved else "change one of them"
        raise InputError(f"{where}: input {spec.name!r} is {x.shape[1:]} each, expected {spec.shape}; {advice}.")
    wanted = "iu" if spec.dtype == "int64" else "fiub"
    if x.dtype.kind not in wanted:
        raise InputError(f"{where}: input {spec.name!r} is {x.dtype}, expected {spec.dtype}; convert it.")
    taken = _owned(x, spec.dtype)
    if spec.dtype == "float32" and not np.isfinite(taken).all():
        bad = int((~np.isfinite(taken)).reshape(len(x), -1).any(axis=1).sum())
        raise InputError(
            f"{where}: input {spec.name!r} has values that are no finite numbers, as float32, in {bad} examples."
        )
    if spec.dtype == "int64" and x.size and not (x.min() >= 0 and x.max() < spec.high):
        raise InputError(
            f"{where}: input {spec.name!r} goes from {x.min()} to {x.max()}, and its InputSpec says below {spec.high}; "
            "give `high` the size of the vocabulary."
        )
    return taken


def _labels(task: Task, labels: np.ndarray, split: Split) -> np.ndarray:
    where = f"Task {task.name!r}, {split}: labels"
    if labels.dtype.kind not in "biuf" or labels.ndim < 1:
        raise InputError(f"{where} should be numbers, one for each example, got {labels.dtype} {labels.shape}.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise InputError(f"{where} have values that are no finite numbers.")
    if type(task).loss is not Task.loss and type(task).score is not Task.score:
        return _owned(labels, "float32" if labels.dtype.kind == "f" else "int64")  # only the task knows what they are
    own = "give the task a `loss` and a `score` of its own if they are meant"
    if labels.dtype.kind == "f":
        raise InputError(f"{where} should be whole numbers, classes of a classification, got {labels.dtype}; {own}.")
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise InputError(f"{where} are a column {labels.shape}, expected {labels.shape[:1]}; give labels[:, 0].")
    if labels.ndim == 2 and labels.shape[1] == task.classes and (labels.sum(axis=1) == 1).all():
        raise InputError(f"{where} are one-hot {labels.shape}; give labels.argmax(axis=1).")
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


def _refuse_figure(task: Task) -> None:
    name = getattr(task.figure, "name", "")
    if not isinstance(task.figure, Objective) or not name.isidentifier() or name in _TAKEN or name.endswith("_ms"):
        raise InputError(
            f"`figure` of task {task.name!r} should be an Objective with a name of its own such as mean_iou, letters, "
            f"digits and underscores, got {task.figure!r}."
        )
    if task.figure != ACCURACY and type(task).score is Task.score:
        raise InputError(
            f"Task {task.name!r} is judged by {task.figure.name!r} and has no `score` of its own; the default one is "
            f"the {ACCURACY.name}."
        )


def _refuse_preprocessing(task: Task) -> None:
    channels = task.preprocessing.channels if task.preprocessing else None
    if channels and any(spec.shape[:1] != (channels,) for spec in task.inputs if spec.dtype == "float32"):
        raise InputError(
            f"Task {task.name!r} has a preprocessing of {channels} channels for inputs "
            f"{[spec.shape for spec in task.inputs]}; give one mean and deviation per channel, the first axis."
        )


def _refuse_mixed(task: Task, examples: dict[Split, Examples]) -> None:
    rows = {split: {hash(_row(found, i)) for i in range(len(found))} for split, found in examples.items()}
    for one, other in combinations(SPLITS, 2):
        a, b = rows[one], rows[other]
        common = len(a & b) / min(len(a), len(b))
        if common > _MIXED:
            raise InputError(
                f"Task {task.name!r} gives the same examples for {one} and {other} ({common:.0%} of the smaller one): "
                "what was learnt or chosen by would be reported as if it were unseen; cut the data into three parts."
            )


def _row(examples: Examples, i: int) -> bytes:
    return b"".join(x[i].tobytes() for x in (*examples.inputs, examples.labels))


def _refuse_networks(supernet: Supernet, task: Task, train: Examples) -> list[tuple[Tensor, Batch]]:
    """The smallest and the largest sub-network tried on a few examples; what they gave, with the examples."""
    for name, tensor in supernet.shared.items():
        if tensor.is_floating_point() and (tensor.isnan().any() or (tensor.requires_grad and tensor.isinf().any())):
            raise InputError(f"The supernet's tensor {name!r} has values that are no finite numbers; train it again.")
    few, tried = drawn(train, _FEW), []
    batch = Batch(tuple(torch.from_numpy(x) for x in few.inputs), torch.from_numpy(few.labels))
    for architecture in dict.fromkeys((supernet.space.smallest, supernet.space.largest)):
        try:
            output = _tried(supernet, architecture, train, batch.inputs)
            score(task, output, batch)
        except HwnasError:
            raise
        except Exception as error:  # whatever a network or a score of the user's raises
            reason = (str(error).splitlines() or [""])[0][:200]
            raise InputError(
                f"A sub-network, or the score, fails on {len(few)} examples of task {task.name!r} with inputs "
                f"{[x.shape for x in few.inputs]}: {type(error).__name__}: {reason}."
            ) from error
        tried.append((output, batch))
    return tried


def _tried(supernet: Supernet, architecture: Architecture, train: Examples, inputs: tuple[Tensor, ...]) -> Tensor:
    network = calibrated(supernet, architecture, train, count=_CALIBRATING)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        output = network(*inputs)
        if not isinstance(output, Tensor):
            raise InputError(f"A network should give one tensor, got {type(output).__name__}; return that alone.")
        if output.shape[:1] != inputs[0].shape[:1]:
            raise InputError(f"A network gives {tuple(output.shape)} for {len(inputs[0])} examples; expected one each.")
        _refuse_other(output, network(*inputs), "gives other outputs every time, as with dropout that is always on")
        alone = _alone(network, inputs)
    _refuse_other(output[:1], alone, "gives an example another output when others are beside it, as with batch-norm "
                  "without running statistics")  # fmt: skip
    return output


def _alone(network: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor | None:
    """The first example's output where it is the only one; None where that fails."""
    try:
        found: Tensor = network(*(x[:1] for x in inputs))
    except (RuntimeError, ValueError):
        return None
    return found


def _refuse_other(wanted: Tensor, got: Tensor | None, what: str) -> None:
    if got is not None and got.shape == wanted.shape:
        scale = float(wanted.abs().max())
        if not (wanted - got).abs().max() > _SAME * scale:  # outputs that are no numbers are the score's to refuse
            return
    raise InputError(
        f"A sub-network in evaluation mode {what}; no file can equal it. Mend the network, such as with "
        "nn.Dropout in place of a function, or track_running_stats=True."
    )
