"""ENAS's controller (Pham et al. 2018, arXiv:1802.03268): REINFORCE with damped logits, made for shared weights.

ENAS is two things: children that share the weights of one network, which in hwnas is what `evaluate` does with a
supernet, and this controller: two layers of 64 units, logits ``0.44 tanh(logit / 5)``, so that no option is ever more
than two and a half times as likely as another; Adam 0.0035; ten samples a step; moving average 0.99; entropy 1e-4. It
stays close to uniform on purpose: the shared weights are to be trained everywhere.

Where we differ: genes are options, not connections, so the attention over earlier nodes and the penalty on skips have
no place; every sample is an evaluation of its own and counts. As `reinforce` otherwise.
"""

from collections.abc import Sequence

from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._controllers.lstm import Shape
from hwnas.strategies._controllers.policy_search import PolicySearch

_BOUND = 1.10 / 2.5  # tanh constant of the released code over its reduction for operations


class ENAS(PolicySearch):
    """The controller alone; settings as `PolicySearch`, with ENAS's values."""

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        hidden: int = 64,
        rate: float = 0.0035,
        group: int = 10,
        decay: float = 0.99,
        entropy: float = 1e-4,
    ) -> None:
        super().__init__(
            space,
            objectives,
            seed,
            shape=Shape(hidden, layers=2, bound=_BOUND, temperature=5.0),
            rate=rate,
            group=group,
            decay=decay,
            entropy=entropy,
        )


enas = ENAS
