"""Successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943): begin many, go on with the best few.

A cohort of random architectures is measured on the lowest rung; the best third goes on to the next, and so forth. Then
the next cohort begins. With several objectives "best" is as in `ranking.best_first`.
"""

from collections.abc import Mapping, Sequence

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.strategies._fidelities.brackets import Brackets


class SuccessiveHalving(Brackets):
    """Equal cohorts, all from the lowest rung.

    Args:
        space: where to search.
        objectives: what is sought; limits are constraints.
        seed: not negative.
        fidelities: see `LadderSearch`.
        eta: one of so many goes on to the next rung.
        cohort: architectures that begin together.
    """

    def __init__(
        self,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
        *,
        fidelities: Mapping[str, float] | None = None,
        eta: int = 3,
        cohort: int = 27,
    ) -> None:
        super().__init__(space, objectives, seed, fidelities=fidelities, eta=eta)
        if cohort < 1:
            raise InputError(f"Successive halving needs a cohort of at least 1, got {cohort}; choose a larger one.")
        self.cohort = cohort

    def _cohort(self, number: int) -> tuple[int, int]:  # noqa: ARG002  all are alike
        return 0, self.cohort


successive_halving = SuccessiveHalving
