"""A space of which a training left a part."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.spaces._bits import with_bits
from hwnas.spaces._input_sizes import with_input_sizes
from hwnas.spaces._named import as_it_was, named_space
from hwnas.spaces._narrowed import NARROWED_TO, narrowed, said_of_narrowing
from hwnas.spaces.micro_widths import micro_widths
from hwnas.testing._own_cnn import own_space


def whole() -> SearchSpace:
    """A choice that another one switches on; costs that name them."""
    choices = [
        Choice("width", (8, 16, 32)),
        Choice("deep", (False, True)),
        Choice("factor", (1, 2, 3), active_if={"deep": (True,)}),
    ]
    widths = np.array([8.0, 16.0, 32.0])
    return SearchSpace(
        choices,
        costs=lambda genomes: {"macs": widths[genomes[:, 0]], "params": widths[genomes[:, 0]] * (1 + genomes[:, 2])},
        features=lambda genomes: widths[genomes[:, :1]], feature_names=["width"],
    )  # fmt: skip


def test_what_is_left_are_the_architectures_that_keep_to_the_options_with_the_costs_they_had() -> None:
    space, part = whole(), narrowed(whole(), {"width": [16, 32], "factor": [1, 3]})
    assert (part.count(), part.names) == (2 * 3, space.names)
    genomes = part.sample(50, np.random.default_rng(0))
    architectures = [part.decode(genome) for genome in genomes]
    assert {a["width"] for a in architectures} == {16, 32}
    there = space.encode_many(architectures)
    assert part.costs is not None
    assert space.costs is not None
    assert part.features is not None
    np.testing.assert_array_equal(part.costs(genomes)["params"], space.costs(there)["params"])
    np.testing.assert_array_equal(part.features(genomes)[:, 0], [a["width"] for a in architectures])


def test_a_choice_that_nothing_switches_on_any_more_is_gone() -> None:
    part = narrowed(whole(), {"deep": [False], "width": [8]})
    assert part.names == ("width", "deep")
    assert (part.count(), dict(part.largest)) == (1, {"width": 8, "deep": False})
    assert part.base is not None
    assert part.base.inherited(part.largest) == whole().smallest


def test_narrowing_twice_leaves_what_both_leave_and_to_everything_leaves_the_space_itself() -> None:
    twice = narrowed(narrowed(whole(), {"width": [8, 16]}), {"width": [16], "factor": [3]})
    once = narrowed(whole(), {"width": [16], "factor": [3]})
    assert SpaceRecord.of(twice) == SpaceRecord.of(once)
    assert said_of_narrowing(twice) == said_of_narrowing(once)
    space = whole()
    assert narrowed(space, {"width": (8, 16, 32)}) is space
    assert said_of_narrowing(space) == []


def test_it_is_made_again_by_what_it_says_of_itself() -> None:
    part = narrowed(micro_widths(), {"stage1.depth": [1, 3], "stage2.width": [24]})
    again = named_space(part.name, SpaceRecord.of(part).parameters)
    assert isinstance(again, SearchSpace)
    assert SpaceRecord.of(again) == SpaceRecord.of(part)


def test_bits_and_sizes_that_came_before_or_after_are_made_again_with_it() -> None:
    space = own_space()
    sized = with_input_sizes(space, resolution=(6,))
    bits = with_bits(space, "block")
    narrow = {"width": [4], "depth": [1]}
    for made in (
        narrowed(sized, {**narrow, "resolution": [6]}),
        with_bits(narrowed(sized, narrow), "block"),
        narrowed(bits, {**narrow, "bits.stem": [32]}),
    ):
        assert SpaceRecord.of(as_it_was(space, made.parameters)) == SpaceRecord.of(made)


def test_how_far_it_was_narrowed_is_said_whatever_was_added_since() -> None:
    part = narrowed(own_space(), {"width": [4], "depth": [1]})
    assert said_of_narrowing(part) == ["The training left 4 of 16 sub-networks: depth 1; width 4."]
    assert said_of_narrowing(with_bits(part, "block")) == said_of_narrowing(part)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (3, "lists of options by choice.*got 3"),
        ({"width": 8}, "lists of options by choice"),
        ({"width": "8"}, "needs some of"),
        ({"widht": [8]}, "no choice 'widht'; nearest: width"),
        ({"width": []}, "needs some of"),
        ({"width": [7]}, "needs some of"),
    ],
)
def test_options_that_are_not_there_are_refused(options: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        narrowed(whole(), options)
    with pytest.raises(InputError, match=said):
        as_it_was(whole(), {NARROWED_TO: options})
