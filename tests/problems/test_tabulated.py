"""A table is read in the order of its genomes, and its front is what a look at every row finds."""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.problems._tabulated import Tabulated

SPACE = SearchSpace([Choice("a", (0, 1)), Choice("b", (0, 1, 2))])
GOOD, COST = Objective("good", "max"), Objective("cost")
# Row 2 b + a: the first gene changes fastest.
TABLE = Tabulated(
    "six", SPACE, (GOOD, COST), {"good": np.array([1.0, 5, 2, 4, 3, 6]), "cost": np.array([1.0, 9, 2, 3, 5, 9])}
)


def test_the_first_gene_changes_fastest() -> None:
    assert TABLE.rows(np.array([[0, 0], [1, 0], [0, 1], [1, 2]])).tolist() == [0, 1, 2, 5]
    (answer,) = TABLE.evaluate([SPACE.architecture({"a": 1, "b": 1})])
    assert answer == {"good": 4.0, "cost": 3.0}


def test_the_front_is_what_nothing_dominates_for_the_objectives_asked() -> None:
    assert sorted(r.figures["good"] for r in TABLE.front()) == [1, 2, 4, 6]
    assert [r.figures["cost"] for r in TABLE.front([COST])] == [1]
