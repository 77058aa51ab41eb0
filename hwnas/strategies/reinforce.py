"""REINFORCE (Williams 1992) on a recurrent controller, as in Zoph and Le 2017 (arXiv:1611.01578) and NASNet.

The controller writes architectures; those that turn out better than the moving average of rewards are made more
likely. The published searches took 20,000 networks; with hundreds, as here, it is hardly better than random search, and
stands here as the baseline of policies.

Where we differ: a larger step (0.01 against 3.5e-4), as there are a hundred times fewer of them; one controller for all
weightings of the objectives (`lstm`); nothing is asked twice, so a policy that has settled is asked for
neighbours of what it writes.
"""

from collections.abc import Sequence

from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._controllers.lstm import Shape
from hwnas.strategies._controllers.policy_search import PolicySearch


class Reinforce(PolicySearch):
    """One step of the score-function gradient per group; settings as `PolicySearch`, of the controller as `Shape`."""

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        hidden: int = 32,
        rate: float = 0.01,
        group: int = 5,
        decay: float = 0.95,
        entropy: float = 1e-3,
    ) -> None:
        super().__init__(
            space,
            objectives,
            seed,
            shape=Shape(hidden),
            rate=rate,
            group=group,
            decay=decay,
            entropy=entropy,
        )


reinforce = Reinforce
