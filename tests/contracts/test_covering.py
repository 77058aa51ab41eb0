"""Every option is shown by few architectures."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.covering import covering
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from tests.small_spaces import micro_with_bits

NESTED = SearchSpace(
    [
        Choice("inner", ("x", "y", "z"), active_if={"outer": ("on",)}),  # stands before its parent
        Choice("outer", ("off", "on")),
        Choice("other", (1, 2)),
    ]
)


@pytest.mark.parametrize(
    "space", [NESTED, micro_with_bits(), mobilenetv3_grey28()], ids=["nested", "bits", "mobilenetv3"]
)
def test_a_few_genomes_show_every_option_of_every_choice(space: SearchSpace) -> None:
    genomes = covering(space, 16)
    assert (space.one_hot(genomes).sum(axis=0) > 0).all()
    assert genomes[0].tolist() == space.encode(space.smallest).tolist()
    assert genomes[1].tolist() == space.encode(space.largest).tolist()
    assert len(genomes) <= 9
    assert len(np.unique(genomes, axis=0)) == len(genomes)
    assert (space.canonical(genomes) == genomes).all()


def test_no_more_genomes_are_given_than_asked_for() -> None:
    wide = SearchSpace([Choice("width", tuple(range(2000)))])
    assert covering(wide, 5)[:, 0].tolist() == [0, 1999, 1, 2, 3]
