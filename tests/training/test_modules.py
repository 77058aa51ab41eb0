import numpy as np

from hwnas.contracts.search_space import SearchSpace
from hwnas.sharing._building import Builder
from hwnas.spaces.micro_cell import micro_cell
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._own_cnn import own_space
from hwnas.training._modules import outputs_by_module, searched_modules


def found_in(space: SearchSpace) -> list[str]:
    drawn = map(space.decode, space.sample(4, np.random.default_rng(0)))
    return searched_modules(space, [space.smallest, space.largest, *drawn])


def test_modules_are_told_in_the_order_in_which_they_end_with_what_they_give() -> None:
    shapes = outputs_by_module(Builder(own_space()), own_space().largest)
    assert list(shapes) == ["stem", "blocks.0", "norms.0", "blocks.1", "norms.1", "pool", "head"]
    assert (shapes["stem"], shapes["pool"], shapes["head"]) == ((2, 6, 8, 8), (2, 6, 4, 4), (2, 3))


def test_the_outermost_modules_that_choices_change_are_found() -> None:
    assert found_in(micro_cell()) == ["cell1", "cell2"]
    assert found_in(micro_widths()) == ["stages.0", "stages.1", "stages.2"]
    assert found_in(own_space()) == ["stem", "blocks.0", "norms.0", "pool"]  # the second block is not in every network
