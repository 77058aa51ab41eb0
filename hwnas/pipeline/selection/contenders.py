"""Which sub-networks to fine-tune for a budget.

The members of a front are spread over all latencies below a budget, so most are smaller than they need be, and what an
untrained sub-network is worth falls fast with its size. Those that use the budget are the better ones after training.
"""

from collections.abc import Sequence

from hwnas.archive import violation
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.figures import LATENCY
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result


def contenders(
    results: Sequence[Result], expected: FloatArray, latency_high_ms: FloatArray, objectives: Sequence[Objective]
) -> list[Architecture]:
    """Those of all evaluated that keep every limit, each once, the best expected score first.

    Args:
        results: of the search and its baseline, ``(n,)``.
        expected: their scores, ``(n,)``, in the unit of the first objective, which is the task's figure.
        latency_high_ms: upper ends of their predicted latencies, ``(n,)``: a mean would be too long every other time.
        objectives: with the limits; that on the score is left out, for training changes it.
    """
    score, *others = objectives
    order = (score.sign * expected).argsort(kind="stable").tolist()
    kept = [
        results[i].trial.architecture
        for i in order
        if violation({**results[i].figures, LATENCY.name: float(latency_high_ms[i])}, others) <= 0
    ]
    return list(dict.fromkeys(kept))
