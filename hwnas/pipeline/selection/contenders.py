"""Which sub-networks to time and to fine-tune for a budget.

The members of a front are spread over all latencies below a budget, so most are smaller than they need be, and what an
untrained sub-network is worth falls fast with its size. Those that use the budget are the better ones after training.

A search prefers what is predicted too fast, so predictions err most where it looks: on a CNN of 28 choices, 24 of the
best near half the latency were predicted 16 % off (root mean square, up to 28 %) from 60 timings over the whole space.
With six of the 24 timed too, the others were 6 % off.
"""

from collections.abc import Sequence

from hwnas.archive import violation
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.figures import LATENCY
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result

_NEAR = (0.7, 1.15)  # shares of a limit


def contenders(
    results: Sequence[Result], expected: FloatArray, latency_ms: FloatArray, objectives: Sequence[Objective]
) -> list[Architecture]:
    """Those of all evaluated that keep every limit, each once, the best expected score first.

    Args:
        results: of the search and its baseline, ``(n,)``.
        expected: their scores, ``(n,)``, in the unit of the first objective, which is the task's figure.
        latency_ms: of each, ``(n,)``, to compare with the limit.
        objectives: with the limits; that on the score is left out, for training changes it.
    """
    score, *others = objectives
    order = (score.sign * expected).argsort(kind="stable").tolist()
    chosen = [
        results[i].trial.architecture
        for i in order
        if violation({**results[i].figures, LATENCY.name: float(latency_ms[i])}, others) <= 0
    ]
    return list(dict.fromkeys(chosen))


def near_limit(results: Sequence[Result], limit_ms: float, score: Objective) -> list[Architecture]:
    """Those whose latency is predicted near a limit, below it or above, each once, the best score first."""
    low, high = (share * limit_ms for share in _NEAR)
    near = [r for r in results if low <= r.figures[LATENCY.name] <= high]
    ordered = sorted(near, key=lambda r: score.sign * r.figures[score.name])
    return list(dict.fromkeys(r.trial.architecture for r in ordered))
