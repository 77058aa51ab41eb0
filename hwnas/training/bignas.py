"""One training for all sizes (Yu et al., "BigNAS: Scaling Up Neural Architecture Search with Big Single-Stage Models",
ECCV 2020): the sandwich rule with in-place distillation, and a learning rate that falls exponentially and then stays.

With a rate that falls to zero the large sub-networks have converged long before the small ones; one that stays at
`floor` of its peak keeps the small ones learning.

Where we differ: the rate reaches `floor` after the share `falls` of the steps, where the paper falls by a fixed factor
per epoch; dropout and weight decay are those of the recipe for all sub-networks, where the paper has them for the
largest only; and the last batch-norm of a residual block begins as the network's constructor leaves it.
"""

from collections.abc import Sequence

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import Method, Schedule
from hwnas.contracts.training_step import Curve, Stage
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._samplers import Sandwich


class _FallsAndStays(Schedule):
    def __init__(self, floor: float, falls: float) -> None:
        self._floor, self._falls = floor, falls

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        peak = max(range(steps), key=lambda index: curve(index, steps))  # where the recipe's warm-up ends
        length = max(1.0, self._falls * (steps - peak))

        def rate(index: int) -> float:
            if index < peak:
                return curve(index, steps)
            share: float = max(self._floor, self._floor ** ((index - peak) / length))
            return curve(peak, steps) * share

        return [Stage(SubSpace(space), steps, rate)]


def bignas(space: SearchSpace, *, randoms: int = 2, floor: float = 0.05, falls: float = 0.9) -> Method:  # noqa: ARG001
    """Largest, `randoms` uniformly drawn, and smallest sub-network per step.

    Args:
        space: what is searched.
        randoms: how many.
        floor: what the learning rate ends at, a share of its peak.
        falls: share of the steps in which it falls; then it stays.

    Raises:
        InputError: an argument is out of its range.
    """
    if not (0 < floor <= 1 and 0 < falls <= 1):
        raise InputError(f"Method 'bignas' needs floor and falls above 0 and at most 1, got {floor} and {falls}.")
    return Method(
        "bignas",
        {"randoms": randoms, "floor": floor, "falls": falls},
        schedule=_FallsAndStays(floor, falls),
        architectures=Sandwich(randoms),
        objective=InPlaceDistillation(),
    )
