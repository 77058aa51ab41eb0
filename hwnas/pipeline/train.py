"""From a space and a task to a trained supernet in a run's folder."""

from pathlib import Path

import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.pipeline.open import refuse_misfit
from hwnas.pipeline.run_folder import remove_leftovers
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.supernet import Supernet
from hwnas.training._loop import Recipe, Trainer
from hwnas.training._seams import Method

TRAINING = "training"


def train_supernet(
    space: SearchSpace,
    task: Task,
    method: str,
    recipe: Recipe,
    folder: Path,
    progress: Progress,
    *,
    threads: int = 0,
    **settings: object,
) -> Supernet:
    """Train by `method` and write the supernet to `folder`; a killed call continues where it stood.

    Args:
        threads: of the processor; 0: as many as there are.
        settings: of the method.

    Raises:
        InputError: the space does not take the task's inputs, a setting is wrong, or the folder is of another run.
    """
    refuse_misfit(space, task)
    remove_leftovers(folder)
    task.examples("train")  # missing data is to be heard of before the networks of a large space are looked through
    if threads:
        torch.set_num_threads(threads)
    supernet = Supernet(space, seed=recipe.seed)
    trainer = Trainer(supernet, task, _method(space, method, settings), recipe, folder)
    trainer.run(lambda done, total, _: progress(TRAINING, done, total))
    supernet.save(folder)
    return supernet


def _method(space: SearchSpace, name: str, settings: dict[str, object]) -> Method:
    try:
        method = find("training", name)(space, **settings)  # type: ignore[operator]  # found by name
    except TypeError as error:
        raise InputError(f"Method {name!r} cannot be made so: {error}; correct its settings.") from error
    assert isinstance(method, Method)  # noqa: S101  what the room holds
    return method
