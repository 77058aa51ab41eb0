"""NSGA-II on real evaluations (Deb et al. 2002): what one would use without predictors."""

from typing import Any

from hwnas.surrogates.genetic.pymoo_bridge import make_nsga2
from hwnas.surrogates.genetic.replayed import Folded


class NSGA2Search(Folded):
    """Genetic search with non-dominated sorting, crowding and constraint domination; settings as `Folded`."""

    def _algorithm(self, seed: int) -> Any:  # noqa: ANN401
        return make_nsga2(self.space, len(self.objectives), self.population, seed, self._known)


nsga2 = NSGA2Search
