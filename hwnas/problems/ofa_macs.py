"""Once-for-All's MobileNetV3: predicted accuracy against counted multiply-adds."""

from hwnas.contracts.objective import Objective
from hwnas.problems._once_for_all import OnceForAll, mega_macs


def ofa_macs() -> OnceForAll:
    """Predicted ImageNet top-1, percent, against millions of multiply-adds.

    Raises:
        InputError: the published files are missing or damaged.
    """
    cost = Objective("mega_macs", "min", "M")
    return OnceForAll("Once-for-All's MobileNetV3, multiply-adds", cost, lambda truth, g: mega_macs(truth.space, g))
