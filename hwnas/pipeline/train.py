"""From a space and a task to a trained supernet in a run's folder."""

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from pydantic import ConfigDict, ValidationError, validate_call
from torch import Tensor

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import maker, settings_of
from hwnas.contracts.leftovers import remove_leftovers
from hwnas.contracts.numbers import whole
from hwnas.contracts.objects import is_object
from hwnas.contracts.outputs import outputs
from hwnas.contracts.places import expanded
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.contracts.training import Method
from hwnas.evaluation.door import refuse_misfit
from hwnas.evaluation.examples import examples_of
from hwnas.export.architecture import network_of
from hwnas.pipeline.initial_weights import begin_as
from hwnas.pipeline.open import load_supernet, open_space, open_task, own_made
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.sharing._building import Builder
from hwnas.sharing._named import named_sharing
from hwnas.spaces._narrowed import NARROWED_TO
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import FILE as CHECKPOINT
from hwnas.training._curve import OnStep, StepDone
from hwnas.training._loop import Trainer
from hwnas.training._processes import joined
from hwnas.training._recipe import Recipe
from hwnas.training._stages import stages_of
from hwnas.training._usual import TO_TRAIN
from hwnas.training._usual_recipe import Asked, usual_recipe

_STEPS_LOOKED_AT = 100

TRAINING = "training"
SUPERNET_FILES = ("supernet.safetensors", "supernet.json")


def train(
    space: SearchSpace | Supernet | str,
    task: Task | str,
    *,
    folder: Path | str,
    method: str = "sandwich",
    recipe: Asked = None,
    settings: Mapping[str, object] | None = None,
    sharing: str | None = None,
    init: Path | str | Mapping[str, Tensor] | None = None,
    threads: int = 0,
    on: str | None = None,
    on_step: OnStep = lambda _: None,
    progress: Progress = lambda *_: None,
    force: bool = False,
) -> Supernet:
    """Train a supernet and write it to `folder`; a killed call, made again, continues where it stood and ends the same.
    Where the method chose, it is one of the sub-networks that are left.

    Started by ``torchrun``, all processes train together, see `hwnas.training._processes`, and the first one writes.

    Args:
        space: a search space or its name; or a supernet, which is trained further, in place, or the folder of one. If
            the method shares weights in another way, a new supernet begins as the largest sub-network of that one.
        task: what the networks are for, or its name.
        folder: of the run.
        method: name of the training method.
        recipe: how long and how fast, or a part of that by name, such as ``{"epochs": 1}``; for the rest 14 epochs,
            by SGD where the largest network has batch-norm, else by AdamW.
        settings: of the method.
        sharing: name of a sharing scheme, or ``FILE.py:NAME``; None: the method's own, or else prefix slices.
        init: weights of a trained network of the space's largest architecture to begin with, or a ``.safetensors``
            file of them.
        threads: of the processor; 0: as many as there are.
        on: where to compute: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; None: where a supernet lies.
        on_step: told of every step, see `hwnas.training._curve.StepDone`.
        progress: told how far it is.
        force: replace a supernet in `folder` that was not trained there.

    Raises:
        InputError: the space does not take the task's inputs, a setting is wrong, the folder is of another run, or the
            training diverges.
    """
    folder = expanded(folder)
    opened = to_train(space, folder) if isinstance(space, str) else space
    given = opened if isinstance(opened, Supernet) else None
    of = opened.space if isinstance(opened, Supernet) else opened
    task = open_task(task, inputs=of.inputs) if isinstance(task, str) else task
    refuse_misfit(of, task)
    remove_leftovers(folder)
    by = named_method(method, of, settings or {})
    if given is not None and (init is not None or sharing is not None):
        raise InputError("A supernet has weights and a sharing scheme of its own; leave init and sharing out.")
    if sharing is not None:
        by = replace(by, sharing=named_sharing(sharing, of, {}))
    examples_of(task, "train")  # missing data is to be heard of before the networks of a large space are looked through
    if threads:
        torch.set_num_threads(whole("the number of threads", threads, 1, os.cpu_count() or 1))
    recipe = usual_recipe(Builder(of).hollow(of.largest), recipe, TO_TRAIN)
    trained_there = (folder / CHECKPOINT).is_file()

    def tell(done: StepDone) -> None:
        progress(TRAINING, done.step, done.of)
        on_step(done)

    with outputs([folder / name for name in SUPERNET_FILES], force=force or trained_there):
        is_shared_anew = given is not None and by.sharing is not None and by.sharing.name != given.sharing.name
        supernet = given if given is not None and not is_shared_anew else Supernet(of, by.sharing, seed=recipe.seed)
        origin = {} if given is None else {"began_as": given.digest()}
        if given is not None and is_shared_anew:
            _begin_as_largest(supernet, given, by)
        if init is not None:
            origin = {"init": begin_as(supernet, init)}
        elif given is None:
            _refuse_never_trained(by, supernet, recipe)
        with joined(on) as (processes, here):
            Trainer(supernet, task, by, recipe, folder, here, origin=origin, processes=processes).run(tell)
        if NARROWED_TO in supernet.record:
            supernet = supernet.narrowed(cast("Mapping[str, list[Option]]", supernet.record[NARROWED_TO]))
        if not processes.rank:
            supernet.save(folder)
    return supernet


def _begin_as_largest(supernet: Supernet, given: Supernet, method: Method) -> None:
    """Begin as the largest sub-network of a supernet that shares weights in another way, and say what that means.

    Raises:
        InputError: that supernet has more than this network, or the scheme cannot begin with given weights.
    """
    whole = given.extract(given.space.largest)
    schemes = f"shares weights by scheme {quoted(supernet.sharing.name)}, the supernet by {quoted(given.sharing.name)}"
    if given.parameters.keys() - dict(whole.named_parameters()).keys():
        raise InputError(
            f"Method {quoted(method.name)} {schemes}, of which only its largest sub-network could be taken over; train "
            "by a method of that scheme, or begin with that network: give its weights as init, beside the space."
        )
    begin_as(supernet, whole.state_dict())
    if supernet.sharing.takes != given.sharing.takes:
        warnings.warn(
            f"Method {quoted(method.name)} {schemes}: smaller sub-networks begin with the {supernet.sharing.takes} "
            f"entries of its tensors, no longer with the {given.sharing.takes}.",
            stacklevel=3,
        )


def _refuse_never_trained(method: Method, supernet: Supernet, recipe: Recipe) -> None:
    """Would kernels or matrices stay as they were drawn, or be learnt from?

    Raises:
        InputError: they would.
    """
    remedy = "and here nobody has trained them; give the weights of a trained network as init."
    if method.begins_trained:
        raise InputError(f"Method {quoted(method.name)} learns from the weights that a supernet begins with, {remedy}")
    stages = stages_of(method, supernet.space, _STEPS_LOOKED_AT, recipe.rate)
    learning = {name for name in supernet.parameters if any(stage.trainable(name) for stage in stages)}
    network = network_of(supernet.space, supernet.space.largest)
    kernels = {name for name, tensor in network.named_parameters() if tensor.ndim > 1 and tensor.requires_grad}
    if frozen := sorted(kernels & supernet.shared.keys() - learning):
        raise InputError(
            f"Method {quoted(method.name)} leaves {len(frozen)} tensors as they are, such as {quoted(frozen[0])}, "
            f"{remedy}"
        )


def to_train(name: str, folder: Path) -> SearchSpace | Supernet:
    """A space by name, or the supernet of a folder other than the one it is trained into. Of a supernet in a file of
    one's own its space, unless its weights are others than it was made with.

    Raises:
        InputError: there is no such space, or it is that folder.
    """
    if is_object(name):
        made = own_made(name)
        return made.space if isinstance(made, Supernet) and made.digest() == _as_made(made).digest() else made
    if not (expanded(name) / SUPERNET_FILES[0]).is_file():
        return open_space(name)
    if expanded(name).resolve() == expanded(folder).resolve():
        raise InputError(f"{folder} holds the supernet that is to be trained; train it into another folder.")
    return load_supernet(name)


def _as_made(supernet: Supernet) -> Supernet:
    """The same before anybody changed its weights."""
    sharing = supernet.sharing
    return Supernet(supernet.space, type(sharing)(sharing.space, **sharing.settings))


def named_method(name: str, space: SearchSpace, settings: Mapping[str, object]) -> Method:
    """The training method `name` for `space`; settings may be words that read as what the method takes.

    Raises:
        InputError: there is no such method, or it does not take a setting or the space.
    """
    make = maker("training", name)
    if isinstance(make, type):
        raise InputError(f"{quoted(name)} should be a function that gives a training Method, got a class; name one.")
    checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(make)
    try:
        method = checked(space, **settings)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(map(str, first["loc"]))
        raise InputError(
            f"Method {quoted(name)} does not take {setting} = {quoted(first['input'])} ({first['msg'].lower()}); "
            f"its settings are: {_settings(make)}."
        ) from error
    except TypeError as error:  # something else than a method was called
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(f"Method {quoted(name)} cannot be made for a space ({reason}); mend it.") from error
    if not isinstance(method, Method):
        raise InputError(f"{quoted(name)} should give a training Method, got {type(method).__name__}; name another.")
    if nan := [name for name, value in method.settings.items() if value != value]:  # noqa: PLR0124  NaN alone does
        raise InputError(f"Method {quoted(method.name)} should have a number as {nan[0]}, got nan; give one.")
    return method


def _settings(make: Callable[..., object]) -> str:
    names = list(settings_of(make))[1:]
    return ", ".join(names) or "none"
