"""Random search with weight sharing (Li and Talwalkar, "Random Search and Reproducibility for Neural Architecture
Search", UAI 2019).

The supernet is trained by uniform single paths, with gradients cut to a length; then sub-networks are drawn at random
and the best by inherited accuracy is taken. The second half is `hwnas search RUN --strategy random`.

Where we differ: sub-networks are compared with batch-norm statistics of their own, where the paper takes those of the
batch; and `most_gradient` is ours to choose, since its value in the paper changes with the data.
"""

import torch
from torch.optim import Optimizer

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.training import Method, UpdateRule
from hwnas.contracts.training_step import Context


class _ShortGradients(UpdateRule):
    def __init__(self, most: float) -> None:
        self._most = most

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        torch.nn.utils.clip_grad_norm_(context.parameters.values(), self._most)


def random_sharing(space: SearchSpace, *, most_gradient: float = 5.0) -> Method:  # noqa: ARG001  defaults do for any
    """One uniformly drawn sub-network per step; a gradient is at most `most_gradient` long.

    Raises:
        InputError: `most_gradient` is not above 0.
    """
    if not most_gradient > 0:
        raise InputError(f"Method 'random_sharing' needs most_gradient above 0, got {most_gradient}.")
    return Method("random_sharing", {"most_gradient": most_gradient}, update=_ShortGradients(most_gradient))
