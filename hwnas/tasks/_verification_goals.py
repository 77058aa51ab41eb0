"""The goal of verification: are two the same? An output ``(n,)`` or ``(n, 1)`` is larger where it is surer, labels are
1 where they are and 0 where they are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE
from hwnas.tasks._goal import Goal
from hwnas.tasks._number_goals import several, several_softened, signs, zero_or_one

if TYPE_CHECKING:
    from torch import Tensor


def _sure(output: Tensor, labels: Tensor) -> Tensor:
    """How sure it is and what is true, ``(n, 2)``."""
    import torch

    true = zero_or_one(output, labels)
    return torch.stack([output.reshape(len(labels)), true.reshape(len(labels))], dim=1)


def equal_error_rate(pairs: FloatArray) -> float:
    """Share of errors at the threshold where as large a share of the same is refused as of the others is accepted.

    Between two thresholds both shares are taken to change evenly. No number where all are the same, or none are.
    """
    sure, same = pairs[:, 0], pairs[:, 1] > 0
    if same.all() or not same.any():
        return float("nan")
    levels, level = np.unique(sure, return_inverse=True)
    refused = np.concatenate([[0], np.bincount(level[same], minlength=len(levels)).cumsum()]) / same.sum()
    others = np.concatenate([[0], np.bincount(level[~same], minlength=len(levels)).cumsum()]) / (~same).sum()
    accepted = 1 - others
    ahead = refused - accepted  # from -1, where all are accepted, to 1
    after = int((ahead >= 0).argmax())
    way = ahead[after - 1] / (ahead[after - 1] - ahead[after])
    return float(accepted[after - 1] + way * (accepted[after] - accepted[after - 1]))


GOALS = (Goal(Objective("equal_error_rate", "min", SHARE), several, _sure, several_softened, signs, equal_error_rate),)
