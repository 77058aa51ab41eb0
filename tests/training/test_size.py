import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import every_genome
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._own_cnn import own_space
from hwnas.training._size import Sizes


def test_multiply_adds_are_taken_where_the_space_tells_them() -> None:
    space = micro_widths()
    genomes = space.encode_many([space.smallest, space.middle, space.largest])
    assert space.costs is not None
    np.testing.assert_array_equal(Sizes(space, "x").of(genomes), space.costs(genomes)["macs"])


def test_parameters_are_counted_where_it_does_not() -> None:
    space = own_space()
    assert space.build is not None
    genomes = every_genome(space)
    counted = [sum(p.numel() for p in space.build(space.decode(g)).parameters()) for g in genomes]
    assert Sizes(space, "x").of(genomes).tolist() == counted


def test_shares_lie_between_the_smallest_and_the_largest_by_factors() -> None:
    space = micro_widths()
    sizes = Sizes(space, "x")
    genomes = space.encode_many([space.smallest, space.middle, space.largest])
    low, middle, high = sizes.shares(genomes)
    assert (low, high) == (0, 1)
    assert sizes.least * (sizes.most / sizes.least) ** middle == pytest.approx(sizes.of(genomes)[1])


def test_a_space_of_one_size_is_refused() -> None:
    own = own_space()
    space = SearchSpace([Choice("act", ("relu", "gelu"), ordered=False)], inputs=own.inputs,
                        build=lambda _: own.build(own.smallest))  # type: ignore[misc]  # fmt: skip
    with pytest.raises(InputError, match="are of one size; train by 'uniform'"):
        Sizes(space, "shift_nas")
