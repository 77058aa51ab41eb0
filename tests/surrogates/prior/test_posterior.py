"""What is learnt of one objective where there is nothing to learn."""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.prior.effects import part_maps
from hwnas.surrogates.prior.evidence import chosen_warp
from hwnas.surrogates.prior.inputs import inputs
from hwnas.surrogates.prior.posterior import Posterior

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(3)])


def test_where_all_figures_are_alike_so_is_what_is_expected() -> None:
    genomes = np.unique(SPACE.sample(60, np.random.default_rng(0)), axis=0)
    rows = inputs(SPACE, genomes)
    learnt = Posterior(part_maps(SPACE), rows[:20], np.full(20, 3.0), chosen_warp)
    found = learnt.marginal(rows[20:])
    np.testing.assert_allclose(found.middle, 3.0, rtol=1e-6)
    assert np.isfinite(found.width).all()
