import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.testing._drawn import architectures
from tests.drawn import batches, every_genome, spaces

DEEP = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        Choice("kernel1", (3, 5, 7)),
        Choice("kernel2", (3, 5, 7), active_if={"depth": (2, 3)}),
        Choice("kernel3", (3, 5, 7), active_if={"depth": (3,)}),
    ]
)


@given(st.data())
def test_encoding_what_was_decoded_gives_the_canonical_genome(data: st.DataObject) -> None:
    space = data.draw(spaces())
    genomes = data.draw(batches(space))
    again = np.stack([space.encode(dict(space.decode(genome))) for genome in genomes])
    np.testing.assert_array_equal(again, space.canonical(genomes))


@given(st.data())
def test_many_architectures_are_encoded_as_each_alone(data: st.DataObject) -> None:
    space = data.draw(spaces())
    genomes = data.draw(batches(space))
    many = space.encode_many(dict(space.decode(genome)) for genome in genomes)
    np.testing.assert_array_equal(many, space.canonical(genomes))
    kept = space.encode_many(space.decode(genome) for genome in genomes)
    np.testing.assert_array_equal(kept, many, err_msg="of architectures that know their genome")
    assert space.encode_many([]).shape == (0, len(space.choices))


def test_one_wrong_architecture_among_many_is_named() -> None:
    good = {"depth": 1, "kernel1": 3}
    for bad, said in (
        ({"depth": 2, "kernel1": 3}, "lacks choice 'kernel2'"),
        ({"depth": 9, "kernel1": 3}, "got 9"),
        ({"depth": True, "kernel1": 3}, "got True"),
        ({"depth": [1], "kernel1": 3}, r"got \[1\]"),
        ({"deptj": 1}, "no choice 'deptj'"),
    ):
        with pytest.raises(InputError, match=said):
            DEEP.encode_many([good, bad, good])  # type: ignore[list-item]


def test_thousands_of_options_are_counted_and_encoded_exactly() -> None:
    many = tuple(range(2000))
    space = SearchSpace([Choice("a", many), Choice("b", many, {"a": many[:1000]}), Choice("c", many, {"b": many[:10]})])
    assert space.count() == 1000 + 1000 * 1990 + 1000 * 10 * 2000
    genomes = space.sample(500, np.random.default_rng(0))
    np.testing.assert_array_equal(space.encode_many(space.decode(genome) for genome in genomes), genomes)


@given(st.data())
def test_canonical_twice_is_canonical_once_and_keeps_what_is_active(data: st.DataObject) -> None:
    space = data.draw(spaces())
    genomes = data.draw(batches(space))
    once = space.canonical(genomes)
    np.testing.assert_array_equal(space.canonical(once), once)
    np.testing.assert_array_equal(space.active(once), space.active(genomes))


@given(st.data())
def test_architectures_are_equal_exactly_when_their_active_genes_are(data: st.DataObject) -> None:
    space = data.draw(spaces())
    genomes = every_genome(space)
    canonical = {tuple(row) for row in space.canonical(genomes).tolist()}
    made = {space.decode(genome) for genome in genomes}
    assert len(made) == len(canonical)
    assert len({a.key for a in made}) == len(made)


@given(spaces())
def test_count_is_the_number_of_canonical_genomes(space: SearchSpace) -> None:
    assert space.count() == len(np.unique(space.canonical(every_genome(space)), axis=0))


def test_count_multiplies_groups_that_do_not_touch() -> None:
    twice = SearchSpace(
        [
            *DEEP.choices,
            *(Choice(f"b.{c.name}", c.options, {f"b.{p}": o for p, o in c.active_if.items()}) for c in DEEP.choices),
        ]
    )
    assert DEEP.count() == 3 + 9 + 27
    assert twice.count() == 39**2


@given(st.data())
def test_one_hot_has_one_column_on_per_active_choice_and_none_for_the_others(data: st.DataObject) -> None:
    space = data.draw(spaces())
    genomes = data.draw(batches(space))
    parts = np.split(space.one_hot(genomes), np.cumsum(space.sizes)[:-1], axis=1)
    active = space.active(genomes)
    for i, part in enumerate(parts):
        np.testing.assert_array_equal(part.sum(axis=1), active[:, i])
        np.testing.assert_array_equal(part.argmax(axis=1)[active[:, i]], genomes[active[:, i], i])


@given(st.data())
def test_samples_are_canonical_and_repeat_with_their_seed(data: st.DataObject) -> None:
    space = data.draw(spaces())
    seed = data.draw(st.integers(0, 9))
    drawn = space.sample(5, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn, space.canonical(drawn))
    np.testing.assert_array_equal(drawn, space.sample(5, np.random.default_rng(seed)))


@given(st.data())
def test_more_than_the_active_choices_may_be_given_and_changes_nothing(data: st.DataObject) -> None:
    space = data.draw(spaces())
    architecture = data.draw(architectures(space))
    everything = {c.name: c.options[-1] for c in space.choices}
    assert space.architecture({**everything, **architecture}) == architecture


@given(st.data())
def test_an_active_choice_left_out_is_asked_for_by_name(data: st.DataObject) -> None:
    space = data.draw(spaces())
    architecture = data.draw(architectures(space))
    name = data.draw(st.sampled_from(sorted(architecture)))
    with pytest.raises(InputError, match=repr(name)):
        space.encode({k: v for k, v in architecture.items() if k != name})


def test_smallest_middle_and_largest_take_first_middle_and_last_options() -> None:
    assert dict(DEEP.smallest) == {"depth": 1, "kernel1": 3}
    assert dict(DEEP.middle) == {"depth": 2, "kernel1": 5, "kernel2": 5}
    assert dict(DEEP.largest) == {"depth": 3, "kernel1": 7, "kernel2": 7, "kernel3": 7}


def test_the_middle_one_has_its_switches_on() -> None:
    kept = Choice("kept", (False, True))
    space = SearchSpace([kept, Choice("width", (8, 16, 24), active_if={"kept": (True,)}), Choice("k", (1, 2))])
    assert dict(space.middle) == {"kept": True, "width": 16, "k": 1}


def test_an_unknown_choice_is_answered_with_the_nearest_first() -> None:
    with pytest.raises(InputError, match=r"'kernl2'; nearest: kernel2,"):
        DEEP.encode({"kernl2": 3})


@pytest.mark.parametrize("other", ["3f2a", ["width", 8], None])
def test_what_has_no_options_by_name_is_refused(other: object) -> None:
    with pytest.raises(InputError, match="options by the name of their choice, got"):
        DEEP.architecture(other)  # type: ignore[arg-type]


def test_an_unknown_option_is_answered_with_the_options() -> None:
    with pytest.raises(InputError, match=r"'depth' has options \(1, 2, 3\), got 4"):
        DEEP.encode({"depth": 4, "kernel1": 3})


def test_true_is_not_taken_for_one() -> None:
    with pytest.raises(InputError, match="got True"):
        DEEP.encode({"depth": True, "kernel1": 3})


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ([], "at least one choice"),
        ([Choice("a", (1,)), Choice("a", (2,))], "unique choice names"),
        ([Choice("a", (1,), {"dept": (1,)}), Choice("b", (1,)), Choice("depth", (1,))], "'dept'; known: depth,"),
        ([Choice("a", (1, 2)), Choice("b", (1,), {"a": (3,)})], "got 3"),
        ([Choice("a", (1,), {"b": (1,)}), Choice("b", (1,), {"a": (1,)})], "cycle"),
        ([Choice("a", (1,), {"a": (1,)})], "cycle"),
    ],
)
def test_choices_that_contradict_one_another_are_refused(choices: list[Choice], said: str) -> None:
    with pytest.raises(InputError) as caught:
        SearchSpace(choices)
    assert said in str(caught.value)


def test_a_choice_needs_options_that_differ() -> None:
    with pytest.raises(InputError, match="at least one option"):
        Choice("a", ())
    with pytest.raises(InputError, match="drop the repeats"):
        Choice("a", (3, 3))


def test_keys_are_the_same_in_a_new_process() -> None:
    code = (
        "from hwnas.contracts.architecture import Architecture\n"
        "print(Architecture({'b': 0.5, 'a': 'x', 'c': True}).key)"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(keys) == 1
    assert len(keys.pop().strip()) == 12


def test_an_input_of_another_type_is_refused_when_it_is_declared() -> None:
    with pytest.raises(InputError, match="input 'x' is one of float32, int64, got 'float16'"):
        InputSpec("x", (4,), "float16")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(2**31,), (2**16, 2**16), (0, 3), (-1,)])
def test_inputs_of_no_values_or_of_more_than_fit_are_refused_in_one_sentence(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="'x' needs positive sizes and at most 268435456 values"):
        InputSpec("x", shape)


def test_an_architecture_is_encoded_by_the_genome_it_was_decoded_from_in_its_own_space_only() -> None:
    """Another space may have the same names and options in another order."""
    turned = SearchSpace([Choice("a", (1, 2)), Choice("b", (5, 3))])
    space = SearchSpace([Choice("a", (2, 1)), Choice("b", (3, 5))])
    architecture = space.decode(np.array([0, 1]))
    assert space.encode(architecture).tolist() == [0, 1]
    assert turned.encode(architecture).tolist() == [1, 0]
