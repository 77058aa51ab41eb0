"""ASHA (Li et al. 2020, arXiv:1810.05934): successive halving that never waits.

Whoever asks for work gets a promotion if some rung has one: an architecture among the best 1/eta of all answered there
so far that has not gone on yet, looked for from the top. Else a new random architecture begins on the lowest rung. Some
go on that a longer wait would have stopped; in return no worker idles.
"""

import numpy as np

from hwnas.strategies._fidelities.halving import Halving


class Asha(Halving):
    """Promotion as soon as the ranks so far allow it; arguments as `Halving`."""

    def _next(self, rng: np.random.Generator) -> tuple[bytes, int] | None:
        for rung in range(self.top - 1, -1, -1):
            for name in self.best(rung)[: len(self._told[rung]) // self.eta]:
                if name not in self._asked[rung + 1]:
                    return name, rung + 1
        new = self._new(rng)
        return None if new is None else (new, 0)


asha = Asha
