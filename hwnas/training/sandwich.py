"""The sandwich rule with in-place distillation (Yu and Huang, "Universally Slimmable Networks", ICCV 2019).

Every step trains the largest sub-network on the task's loss, then the smallest and some random ones on the largest
one's output of the same step; their gradients add up to one update.
"""

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method
from hwnas.training._objectives import InPlaceDistillation
from hwnas.training._samplers import Sandwich


def sandwich(space: SearchSpace, *, randoms: int = 2) -> Method:  # noqa: ARG001  the stage says of which space
    """Largest, `randoms` uniformly drawn, and smallest sub-network per step.

    Raises:
        InputError: `randoms` is negative.
    """
    return Method("sandwich", {"randoms": randoms}, architectures=Sandwich(randoms), objective=InPlaceDistillation())
