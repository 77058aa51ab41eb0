"""What a network trained for something else knows of new examples: classes of nearest neighbours by its features."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.task import Batch
from hwnas.contracts.training import TrainingObjective
from hwnas.contracts.training_events import Probe
from hwnas.contracts.training_step import Job, Output, Step
from hwnas.training._class_groups import labels_of

_LOOKED_AT = 1000  # examples of a new task that earlier ones are compared on
_FITTED = 0.66  # share of the examples whose labels are known
_CHUNK = 256  # examples whose distances are computed at once


class LooksAtEarlier(TrainingObjective):
    """Tells which of the tasks learnt so far knows most of new examples."""

    def __init__(self) -> None:
        self._earlier: nn.Module | None = None  # whose features are looked at

    def teacher(self, job: Job, batch: Batch) -> Output | None:  # noqa: ARG002
        """The features of the network that is looked at."""
        return None if self._earlier is None else Output(penultimate(self._earlier, batch.inputs))

    def most_useful(self, step: Step, probe: Probe, classes: Sequence[int], tasks: int) -> int | None:
        """The one of so many earlier tasks whose features tell `classes` apart best; None: none does.

        Every pass that is needed is counted.
        """
        labels, job = labels_of(probe.examples), Job(step.stage.space.space.largest, "teacher")
        rows = np.flatnonzero(np.isin(labels, classes))
        rows, right = np.random.default_rng(tasks).permutation(rows)[:_LOOKED_AT], []
        for task in range(tasks):
            self._earlier = probe.extract(job.architecture, member=task).train()
            parts = np.array_split(rows, -(-len(rows) // len(step.rows)))
            features = [probe.output(job, probe.batch(part)).value for part in parts]
            right.append(neighbours_right(torch.cat(features), torch.from_numpy(labels[rows])))
        best = int(np.argmax(right))
        return best if right[best] > 1 / len(classes) else None


def penultimate(network: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    """What goes into the last linear layer of `network` for `inputs`, ``(n, d)``; its output where there is none."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    seen: list[Tensor] = []
    hook = layers[-1].register_forward_pre_hook(lambda _, given: seen.append(given[0])) if layers else None
    with torch.no_grad():
        output: Tensor = network(*inputs)
    if hook is not None:
        hook.remove()
    return (seen[-1] if seen else output).flatten(1)


def neighbours_right(features: Tensor, labels: Tensor, most: int = 200) -> float:
    """How often the nearest examples say the right class: a share of the last third, by the first two.

    Args:
        features: ``(n, d)``, of at least three examples, in random order.
        labels: ``(n,)``.
        most: neighbours that vote, of at most a tenth of those that are known.
    """
    known = round(_FITTED * len(labels))
    classes, places = torch.unique(labels, return_inverse=True)
    votes = torch.nn.functional.one_hot(places[:known], len(classes))
    neighbours = max(1, min(most, known // 10))
    right = 0
    for some, wanted in zip(torch.split(features[known:], _CHUNK), torch.split(places[known:], _CHUNK), strict=True):
        nearest = torch.cdist(some, features[:known]).topk(neighbours, largest=False).indices
        right += int(votes[nearest].sum(dim=1).argmax(dim=1).eq(wanted).sum())
    return right / (len(labels) - known)
