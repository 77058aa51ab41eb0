"""A classification whose labels are a little unsure of themselves."""

import copy

from torch import Tensor
from torch.nn import functional as F

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch, Task


def smoothed(task: Task, share: float) -> Task:
    """`task` with a `share` of each label spread over all classes (Szegedy et al., CVPR 2016).

    Raises:
        InputError: its loss is not the one that every classification has.
    """
    if not share:
        return task
    if not task.learns_labels:
        raise InputError(
            f"Task {task.name!r} has a loss of its own, so its labels cannot be smoothed; leave label_smoothing out, "
            "and smooth them in that loss."
        )

    def loss(output: Tensor, batch: Batch) -> Tensor:
        task.loss(output, batch)  # refuses what are no logits
        return F.cross_entropy(output, batch.labels, label_smoothing=share)

    softer = copy.copy(task)
    vars(softer)["loss"] = loss
    return softer
