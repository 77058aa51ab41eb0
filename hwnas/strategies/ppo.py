"""PPO (Schulman et al. 2017, arXiv:1707.06347) on a recurrent controller, as NASNet and MnasNet train theirs.

As `reinforce`, but a group of results is learnt from several times: the chance of an architecture may move from what it
was when the group came by at most the clip, so many small steps are as safe as one.

Where we differ: no separate critic, the baseline is the moving average of rewards; the other differences are those of
`reinforce`.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._controllers.lstm import Shape
from hwnas.strategies._controllers.policy_search import Learner, PolicySearch


class PPO(PolicySearch):
    """Clipped policy gradient.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        hidden: units of the controller.
        rate: step size of Adam.
        group: results that are learnt from together.
        epochs: steps on each group.
        clip: by how much a chance may grow or shrink before it stops counting.
        decay: of the moving average of rewards.
        entropy: weight of the policy's entropy, per decision.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        hidden: int = 32,
        rate: float = 0.01,
        group: int = 10,
        epochs: int = 5,
        clip: float = 0.2,
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
        if epochs < 1 or clip <= 0:
            raise InputError(
                f"PPO needs epochs of at least 1 and a positive clip, got {epochs} and {clip}; raise them."
            )
        self.epochs, self.clip = epochs, clip

    def _learn(self, learner: Learner, genomes: IntArray, wanted: FloatArray, rewards: FloatArray) -> None:
        advantage = learner.advantage(rewards, self.decay)
        before = learner.controller.log_chance(genomes, wanted)
        for _ in range(self.epochs):
            ratio = np.exp(learner.controller.log_chance(genomes, wanted) - before)
            weights = clipped(advantage, ratio, self.clip) / len(rewards)
            learner.climb(learner.controller.gradient(genomes, wanted, weights, self.entropy / len(rewards)))


def clipped(advantage: FloatArray, ratio: FloatArray, clip: float) -> FloatArray:
    """What ``min(r A, clip(r) A)`` weighs the gradient of each log chance with, ``(n,)``."""
    spent = np.where(advantage > 0, ratio > 1 + clip, ratio < 1 - clip)
    return np.asarray(np.where(spent, 0.0, ratio * advantage))


ppo = PPO
