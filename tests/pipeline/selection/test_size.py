"""How large files are is known of every space whose networks can be built."""

from torch import nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.pipeline.selection.size import stored_values


def test_of_a_space_without_costs_the_parameters_of_its_networks_are_counted() -> None:
    space = SearchSpace([Choice("width", (2, 3, 5))], build=lambda a: nn.Linear(4, int(str(a["width"]))))
    genomes = space.encode_many(space.architecture({"width": width}) for width in (5, 2))
    assert stored_values(space, genomes).tolist() == [25, 10]
