"""What the contract of spaces refuses."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces.micro_cell import micro_cell
from hwnas.testing.spaces import Contract, Subject

SPACE = micro_cell()


@dataclass(frozen=True, eq=False)
class Miscounting(Subject):
    """Says so many parameters more than there are."""

    by: float = 0.0

    @cached_property
    def space(self) -> SearchSpace:
        return SearchSpace(SPACE.choices, name="micro_cell", build=SPACE.build, inputs=SPACE.inputs, costs=self._costs)

    def _costs(self, genomes: IntArray) -> dict[str, FloatArray]:
        assert SPACE.costs is not None
        costs = SPACE.costs(genomes)
        return {**costs, "params": np.asarray(costs["params"] + self.by)}


def test_costs_that_are_not_those_of_the_networks_are_refused() -> None:
    Contract().test_costs_are_those_of_a_traced_network(Miscounting("spaces", "micro_cell", {}))
    with pytest.raises(AssertionError, match="and its network has"):
        Contract().test_costs_are_those_of_a_traced_network(Miscounting("spaces", "micro_cell", {}, by=1.0))
