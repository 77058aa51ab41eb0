"""The sandwich rule with in-place distillation (Yu and Huang, "Universally Slimmable Networks", ICCV 2019).

Every step trains the largest sub-network on the labels, then the smallest and some random ones on the largest
one's output of the same step; their gradients add up to one update.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.training._seams import Context, Job, Method, label_loss


def sandwich(space: SearchSpace, *, randoms: int = 2) -> Method:
    """Largest, `randoms` uniformly drawn, and smallest sub-network per step.

    Raises:
        InputError: `randoms` is negative.
    """
    if randoms < 0:
        raise InputError(f"Method 'sandwich' needs randoms of at least 0, got {randoms}.")

    def plan(rng: np.random.Generator) -> Sequence[Job]:
        drawn = [space.decode(genome) for genome in space.sample(randoms, rng)]
        return [
            Job(space.largest, "largest"),
            *(Job(architecture, "random") for architecture in drawn),
            Job(space.smallest, "smallest"),
        ]

    def loss(job: Job, logits: Tensor, context: Context) -> Tensor:
        if context.teacher is None:
            return label_loss(job, logits, context)
        return context.task.distil(logits, context.teacher)

    return Method("sandwich", {"randoms": randoms}, plan, loss)
