"""ASHA (Li et al. 2020, arXiv:1810.05934): successive halving that never waits.

Whoever asks for work gets a promotion if some rung has one: an architecture among the best 1/eta of all answered there
so far that has not gone on yet, looked for from the top. Else a new random architecture begins on the lowest rung. Some
go on that a longer wait would have stopped; in return no worker idles.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._ladder import LadderSearch


class Asha(LadderSearch):
    """Promotion as soon as the ranks so far allow it.

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

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        for rung in range(self.top - 1, -1, -1):
            for name in self.best(rung)[: len(self._told[rung]) // self.eta]:
                if name not in self._asked[rung + 1]:
                    return name, rung + 1
        new = self._new(rng)
        return None if new is None else (new, 0)


asha = Asha
