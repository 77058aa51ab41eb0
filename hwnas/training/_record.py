"""What a training is, so that no other one goes on from its checkpoint, and what is said of it afterwards."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from hwnas.archive.provenance import digest, plain_values, rule_digest
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.task import Examples, Rows, Task
from hwnas.contracts.training import Method
from hwnas.evaluation.examples import examples_of
from hwnas.export.network_code import networks_digest
from hwnas.spaces._narrowed import NARROWED_TO
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import TrainingState
from hwnas.training._recipe import Recipe


def identity_of(
    supernet: Supernet, task: Task, examples: Rows, method: Method, recipe: Recipe, origin: Mapping[str, str]
) -> dict[str, Any]:
    """What must be the same to continue; `origin`: what the supernet began as, if not as its seed says."""
    own = recipe.own_parts
    identity = {
        "recipe": recipe.settings,
        "method": {"name": method.name, **method.settings},
        "sharing": {"name": supernet.sharing.told or supernet.sharing.name, **supernet.sharing.settings},
        "space": SpaceRecord.of(supernet.space).model_dump(),
        "networks": networks_digest(supernet.space),
        "task": task.name,
        **({"text of the recipe's": own} if own else {}),
        **lessons_digests(task, examples),
        **({} if recipe.patience is None else {"search_examples": _looks_digest(task)}),
        **origin,
    }
    read: dict[str, Any] = json.loads(json.dumps(identity))  # as it will be read: lists for tuples
    return read


def lessons_digest(task: Task, examples: Rows) -> str:
    """Twelve hexadecimal digits of what a training learns from and by: others for other examples, loss or settings.

    Of data that streams only its length and some labels: its inputs may be changed at random whenever they are read.
    """
    rules = " ".join(rule_digest(rule) for _, rule in task.lessons)
    return digest(f"{rules} {plain_values(task)}", *_told_by(examples))


def lessons_digests(task: Task, examples: Rows) -> dict[str, str]:
    """The same of each part, by its name, so that the one that is another can be named."""
    rules: dict[str, list[str]] = {}
    for part, rule in task.lessons:
        rules.setdefault(part, []).append(rule_digest(rule))
    return {
        "training_examples": digest("", *_told_by(examples)),
        **{part: digest(" ".join(of_part)) for part, of_part in rules.items()},
        "values_of_the_task": digest(plain_values(task)),
    }


def _told_by(examples: Rows) -> tuple[np.ndarray, ...]:
    if isinstance(examples, Examples):
        return examples.told_by()
    return np.array(len(examples)), examples.sample().labels


def _looks_digest(task: Task) -> str:
    """The same of what says when to stop and what is best: the search examples, and how they are judged."""
    return digest(" ".join(map(rule_digest, task.rules)), *examples_of(task, "search").told_by())


def record_of(state: TrainingState, device: torch.device, task: Task) -> dict[str, Any]:
    """What a supernet's file says of how it was trained."""
    best = state.best
    return {
        **state.identity,
        "steps": state.step,
        "passes": round(state.passes),
        "seconds": round(state.seconds),
        "computed_on": str(device),
        **({NARROWED_TO: state.kept} if state.kept else {}),
        **({} if best is None else {"stopped_early": state.stopped, "best": best.model_dump()}),
        "curve": state.curve,
        "data": dict(task.provenance),
    }
