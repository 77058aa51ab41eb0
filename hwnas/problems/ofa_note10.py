"""Once-for-All's MobileNetV3 on a phone: predicted accuracy against the latency of its Note10 operator table."""

from hwnas.contracts.objective import Objective
from hwnas.problems._once_for_all import OnceForAll, Truth


def ofa_note10() -> OnceForAll:
    """Predicted ImageNet top-1, percent, against milliseconds.

    Raises:
        InputError: the published files are missing or damaged.
    """
    return OnceForAll("Once-for-All's MobileNetV3, Note10", Objective("note10_ms", "min", "ms"), Truth.note10_ms)
