"""From what a user names (a folder, a shipped supernet, a task) to the things themselves."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from torch import nn

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import find, names, settings_of
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.objects import TOLD, is_known, is_object, object_at
from hwnas.contracts.places import expanded
from hwnas.contracts.raised import outcome
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.shipped import data_folder
from hwnas.contracts.task import Task
from hwnas.formats._tabular import TABULAR, tabular
from hwnas.sharing._stored import SupernetDocument
from hwnas.spaces._elastic import ELASTIC
from hwnas.spaces._named import is_named, named_space
from hwnas.supernet import Supernet

_TENSORS = "supernet.safetensors"


def load_supernet(name: str | Path, model: nn.Module | None = None) -> Supernet:
    """A supernet from a run's folder, or a shipped one by its name, such as ``fashion_mnist``.

    Args:
        name: of either.
        model: the network that `hwnas.elastic` was given, where that was no ``FILE.py:NAME``.

    Raises:
        InputError: there is none; the message lists the shipped ones, nearest first.
    """
    folder = expanded(name)
    shipped = {path.name: path for path in (data_folder() / "supernets").iterdir() if path.is_dir()}
    if (
        str(name) in shipped and not (folder / _TENSORS).is_file()
    ):  # a folder of that name may be anything, such as data
        folder = shipped[str(name)]
    if not folder.is_dir():
        listed = ", ".join(nearest_first(str(name), shipped))
        raise InputError(f"No folder or shipped supernet {name}; shipped are, nearest first: {listed}.")
    return Supernet.load(folder, model=model)


def own_supernet(folder: Path, told: str | None) -> Supernet:
    """That of a run's folder.

    Args:
        folder: of the run.
        told: its space, see `open_space`; or ``FILE.py:NAME`` of the network that was given to `hwnas.elastic` in
            Python, or of a function that gives one: of the same code, and with any weights.

    Raises:
        InputError: there is none, or what is told is of another one.
    """
    if told is None or not is_object(told):
        return Supernet.load(folder, None if told is None else open_space(told))
    made = _made(told)
    if isinstance(made, nn.Module):
        return Supernet.load(folder, model=made.eval())
    return Supernet.load(folder, _space_of(_own(told, made)))


def open_task(name: str, data: Path | None = None, inputs: Sequence[InputSpec] | None = None) -> Task:
    """A task by name, or one's own as ``FILE.py:NAME``.

    Args:
        name: of the task; the folder of its data may stand behind it, as in ``images:FOLDER``.
        data: this folder.
        inputs: what the networks take, told to who makes the task where it has a parameter `inputs`.

    Raises:
        InputError: there is no such task, it takes no folder, or its data cannot be read.
    """
    if is_object(name):
        return _made_task(name, object_at(name, "task"), data, inputs)
    name, colon, folder = name.partition(":")
    if colon and data is not None:
        raise InputError(f"Task {quoted(name)} is told two folders, {quoted(folder)} and {data}; tell it one.")
    return _made_task(name, find("tasks", name), Path(folder) if colon else data, inputs)


def stored_task(name: str, data: Path | None = None, inputs: Sequence[InputSpec] | None = None) -> Task:
    """The task that a run's folder names; nothing that it names is run.

    Raises:
        InputError: as above, or it is somebody's own.
    """
    if name not in names("tasks"):
        raise InputError(f"The run is of the task {quoted(name)}, which is not hwnas's: tell it with --task {TOLD}.")
    return _made_task(name, find("tasks", name), data, inputs)


def _made_task(name: str, made: object, data: Path | None, inputs: Sequence[InputSpec] | None) -> Task:
    if isinstance(made, Task) and data is None:
        return made
    make = cast("Callable[..., object]", made)
    if not callable(make):
        raise InputError(f"Task {quoted(name)} should be a task or a function that gives one, got {quoted(made)}.")
    takes = settings_of(make)
    told = {"inputs": inputs} if "inputs" in takes else {}
    if data is not None and not takes:
        raise InputError(f"Task {quoted(name)} takes no folder of data; leave it out.")
    task = outcome(f"Task {quoted(name)} cannot be made", make, *(() if data is None else (data,)), **told)
    if not isinstance(task, Task):
        raise InputError(f"{quoted(name)} is not a task; see `hwnas train --help`.")
    return task


def space_at(name: str) -> SearchSpace:
    """That of the supernet in a run's folder of that name, or else the space of that name, see `open_space`.

    Raises:
        InputError: there is neither.
    """
    return load_supernet(name).space if expanded(name).is_dir() else open_space(name)


def open_space(name: str) -> SearchSpace:
    """A space by name, with its default settings, or with others: ``mobilenetv3:input_shape=3x160x160,classes=10``.

    One's own is ``FILE.py:NAME``: a space, a supernet of it, or a function that gives one of them.

    Every space by name has the settings ``multiple_of``, see `hwnas.spaces._multiples`, and ``bits`` and ``ranges``,
    see `hwnas.spaces._bits`.

    Raises:
        InputError: there is no such space (the message lists them, nearest first), or it refuses a setting.
    """
    if is_object(name):
        return _space_of(own_made(name))
    name, _, rest = name.partition(":")
    settings: dict[str, object] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value) or key in settings:
            raise InputError(
                f"Settings of a space are name=value,..., each once, got {quoted(rest)}; mend {quoted(part)}."
            )
        settings[key] = _setting(value)
    return space_of(name, settings)


def _space_of(made: SearchSpace | Supernet) -> SearchSpace:
    return made.space if isinstance(made, Supernet) else made


def own_made(text: str) -> SearchSpace | Supernet:
    """The space or supernet at ``FILE.py:NAME``.

    Raises:
        InputError: there is none.
    """
    return _own(text, _made(text))


def _own(text: str, made: object) -> SearchSpace | Supernet:
    if not isinstance(made, SearchSpace | Supernet):
        raise InputError(f"{text} should be a SearchSpace or a Supernet, got {type(made).__name__}.")
    return made


def _made(text: str) -> object:
    """What is at ``FILE.py:NAME``, or what it gives if it is a function."""
    made = object_at(text, "space")
    if callable(made) and not isinstance(made, Supernet | nn.Module):
        made = outcome(f"{text} cannot be made", made)
    return made


def own_options(run: Path, space: str, task: str) -> tuple[str, ...]:
    """What a command on a run's folder needs to be told, whose space, network or task hwnas cannot make by itself."""
    is_shipped = {"space": _opens(run, space), "task": task in names("tasks")}
    return tuple(word for kind, named in is_shipped.items() if not named for word in (f"--{kind}", TOLD))


def _opens(run: Path, space: str) -> bool:
    """Whether the space of a run can be made again here without being told."""
    if space != ELASTIC:
        return is_named(space)
    try:
        document = SupernetDocument.model_validate_json((run / "supernet.json").read_bytes())
    except (OSError, ValueError):  # not a whole run: what is told would not open it either
        return True
    return is_known(str(document.space.parameters.get("model", "")))


def space_of(name: str, settings: Mapping[str, object]) -> SearchSpace:
    """A space by its name and what it was called with, as its tables record them.

    Raises:
        InputError: as above.
    """
    try:
        space = tabular(**settings) if name == TABULAR else named_space(name, settings)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError(f"Space {quoted(name)} cannot be made with {', '.join(settings)}: {error}.") from error
    if not isinstance(space, SearchSpace):
        raise InputError(f"{quoted(name)} is not a space; see `hwnas spaces`.")
    return space


def _setting(text: str) -> object:
    """``3x160x160`` is three numbers, ``true`` a switch, ``10`` a number, all else a word."""
    if re.fullmatch(r"\d+(x\d+)+", text):
        return tuple(map(int, text.split("x")))
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def task_of(supernet: Supernet) -> str:
    """Name of the task a supernet was trained for.

    Raises:
        InputError: its record does not say.
    """
    name = supernet.record.get("task")
    if not isinstance(name, str):
        raise InputError(f"The supernet's record names no task ({json.dumps(name)}); give one with --task TASK.")
    return name
