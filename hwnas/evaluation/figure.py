"""What scores come to: the figure of a task, its interval, and how far it is from another network's by chance.

All three hold for any `Task.summary`; where that is the mean, they are what is known of means.
"""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.task import SHARE, Task
from hwnas.evaluation.expected import noise_variance
from hwnas.evaluation.interval import interval_of, wilson_interval

_DRAWS = 64  # of the examples: the spread of as many figures is known within a tenth
_NETWORKS = 64  # that are looked at: each costs as many summaries


def averages(task: Task) -> bool:
    """Whether its figure is the mean of its scores."""
    return type(task).summary is Task.summary


def summed(task: Task, scores: FloatArray) -> float:
    """The task's figure of scores as it says it: perhaps no number, where there are few.

    Raises:
        InputError: `Task.summary` gives something else, or a share that is none.
    """
    value = task.summary(scores)
    if not isinstance(value, Real):
        raise InputError(f"`summary` of task {task.name!r} should give one float, got {type(value).__name__}.")
    if task.figure.unit == SHARE and (value < 0 or value > 1):
        raise InputError(
            f"`summary` of task {task.name!r} gives {float(value):g}, and its figure {task.figure.name!r} is a share, "
            "from 0 to 1; give `figure` another unit."
        )
    return float(value)


def figure_of(task: Task, scores: FloatArray) -> float:
    """The task's figure of scores ``(n,)`` or ``(n, k)``.

    Raises:
        InputError: it is no finite number.
    """
    value = summed(task, scores)
    if not np.isfinite(value):
        raise InputError(
            f"The {task.figure.name} of task {task.name!r} is {value} on {len(scores)} examples; give examples that it "
            "can be told of, or train more slowly where outputs are too large."
        )
    return value


def interval_of_figure(task: Task, scores: FloatArray) -> tuple[float, float]:
    """Its 95 % interval. Of a share that all resamples agree on, such as 1, it is Wilson's of as many cases: what
    is not among the examples cannot be drawn again.
    """
    low, high = interval_of(scores, None if averages(task) else task.summary)
    return wilson_interval(low, len(scores)) if task.figure.unit == SHARE and low == high else (low, high)


def chance_variance(task: Task, scores: Sequence[FloatArray]) -> float:
    """Variance by chance of one network's figure against another's on the same examples.

    Where it is no mean, examples are drawn again (bootstrap), the same for all networks; what the draws have in common
    is no difference between networks.

    Args:
        task: says what scores come to.
        scores: of at least one network, on every example.
    """
    if averages(task):
        return noise_variance(scores)
    n, places = len(scores[0]), np.unique(np.linspace(0, len(scores) - 1, _NETWORKS).round().astype(int))
    drawn = np.random.default_rng(0).integers(0, n, (_DRAWS, n))
    return _DRAWS * noise_variance([_drawn_again(task, scores[i], drawn) for i in places])


def _drawn_again(task: Task, scores: FloatArray, drawn: IntArray) -> FloatArray:
    """Figures ``(draws,)`` of the examples in each row of `drawn`; the network's own where one cannot be told."""
    values = np.array([task.summary(scores[rows]) for rows in drawn])
    return np.where(np.isfinite(values), values, figure_of(task, scores))
