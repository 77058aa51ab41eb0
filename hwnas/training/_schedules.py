"""How the learning rate falls: the share of its peak at a step, given its number and how many there are."""

import math
from collections.abc import Callable, Mapping

Schedule = Callable[[int, int], float]


def cosine(step: int, steps: int) -> float:
    """Half a wave, to zero (Loshchilov and Hutter, "SGDR", ICLR 2017)."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def linear(step: int, steps: int) -> float:
    """A straight line to zero."""
    return 1 - step / steps


def constant(step: int, steps: int) -> float:  # noqa: ARG001  of one signature
    """The peak."""
    return 1.0


SCHEDULES: Mapping[str, Schedule] = {"cosine": cosine, "linear": linear, "constant": constant}
