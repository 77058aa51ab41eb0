"""Of those answered on a rung, one in eta goes on: what ASHA shares with the methods that halve cohorts."""

from collections.abc import Mapping, Sequence

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._fidelities.ladder import LadderSearch


class Halving(LadderSearch):
    """A ladder with its share of promotions.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fidelities: see `LadderSearch`.
        eta: one of so many goes on to the next rung.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
        eta: int = 3,
    ) -> None:
        super().__init__(space, objectives, seed, fidelities=fidelities)
        if eta < 2:
            raise InputError(f"Halving needs eta of at least 2, got {eta}; choose a larger one.")
        self.eta = eta
