"""How a budget becomes steps, and steps become stages."""

import math
import warnings
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Curve, Stage

_MANY = 720_720  # steps, of which every stage that is meant has some; most shares of so many are whole numbers


class Stages:
    """The stages of a training, as far as its events leave them.

    Args:
        stages: one after another.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = list(stages)
        self._starts = [0, *accumulate(stage.steps for stage in stages)]

    def narrow(self, options: Mapping[str, Sequence[Any]]) -> None:
        """Keep to these options of choices from now on."""
        if options:
            self._stages = [replace(stage, space=stage.space.narrowed(options)) for stage in self._stages]

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and the step's number in it."""
        number = bisect_right(self._starts, step) - 1
        return self._stages[number], step - self._starts[number]

    def is_in_last(self, step: int) -> bool:
        """Whether no other stage comes after that of a step."""
        return step >= self._starts[-2]


def divided(steps: int, weights: Sequence[float]) -> list[int]:
    """`steps` divided in proportion to `weights`, each part within one step of its share."""
    bounds = [round(steps * sum(weights[:i]) / sum(weights)) for i in range(len(weights) + 1)]
    return [end - start for start, end in pairwise(bounds)]


def rate_from(curve: Curve, start: int, steps: int, index: int) -> float:
    """The rate of a whole training, for a stage that begins with step `start` of it."""
    return curve(start + index, steps)


def one_after_another(space: SearchSpace, names: Sequence[str], lengths: Sequence[int], curve: Curve) -> list[Stage]:
    """Stages of the whole space by their names and steps, at the learning rate of the training that they make up."""
    steps, starts = sum(lengths), accumulate(lengths, initial=0)
    return [
        Stage(SubSpace(space), length, partial(rate_from, curve, start, steps), name=name)
        for name, start, length in zip(names, starts, lengths, strict=False)  # the last start is the end
    ]


def stages_of(method: Method, space: SearchSpace, steps: int, curve: Curve) -> list[Stage]:
    """The stages of `method` that have a step.

    Raises:
        InputError: they do not take `steps` steps together.
    """
    stages = [stage for stage in method.schedule.stages(space, steps, curve) if stage.steps]
    taken = sum(stage.steps for stage in stages)
    if taken != steps or any(stage.steps < 0 for stage in stages):
        raise InputError(
            f"The stages of method {method.name!r} should take {steps} steps, got {taken}; mend its schedule."
        )
    return stages


def warn_of_left_out(method: Method, space: SearchSpace, steps: int, curve: Curve) -> None:
    """Say which stages have no step because these `steps` are too few; one that has none of many steps needs none."""
    meant, given = (method.schedule.stages(space, count, curve) for count in (_MANY, steps))
    left_out = [m for m, g in zip(meant, given, strict=False) if m.steps > 0 and not g.steps]
    if left_out:
        enough = math.ceil(_MANY / min(stage.steps for stage in meant if stage.steps > 0))
        warnings.warn(
            f"A training of {steps} steps leaves none for {len(left_out)} of the {len(meant)} stages of method "
            f"{method.name!r}, such as {quoted(left_out[-1].name)}, and does without; from {enough} steps on every "
            "stage has one.",
            stacklevel=3,
        )


def steps_within(method: Method, space: SearchSpace, passes: int, curve: Curve, batches: int = 1) -> int:
    """The most steps, of so many `batches` each, whose sub-network passes stay within `passes`.

    Raises:
        InputError: one step takes more.
    """

    def cost(steps: int) -> float:
        stages = stages_of(method, space, steps, curve)
        return batches * sum(stage.steps * method.architectures.passes(stage) for stage in stages)

    if cost(1) > passes:
        raise InputError(
            f"A step of method {method.name!r} takes {cost(1):g} sub-network passes, got a budget of {passes}; "
            "allow more."
        )
    low, high = 1, 2
    while cost(high) <= passes:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(middle) <= passes else (low, middle)
    return low
