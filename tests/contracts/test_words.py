"""Words that choose something, and what messages repeat of what came."""

from collections.abc import Callable

import pytest

from hwnas.contracts.errors import MOST_QUOTED, MOST_SAID, InputError, quoted
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.words import one_of
from hwnas.tasks.digits import digits


def test_a_known_word_is_given_back() -> None:
    assert one_of("the way", "left", ("left", "right")) == "left"


@pytest.mark.parametrize("word", ["Left", "lft", "", None, 3, True, ["left"], {}])
def test_another_word_is_refused_with_the_nearest_first(word: object) -> None:
    with pytest.raises(InputError, match=r"^The way is one of .*left.*, got .*; use one of them\.$"):
        one_of("the way", word, ("right", "left"))


def test_a_misspelt_split_is_not_taken_for_training_data() -> None:
    with pytest.raises(InputError, match="The split of a task is one of"):
        digits().examples("tset")  # type: ignore[arg-type]


def test_an_input_of_another_type_is_refused_when_it_is_named() -> None:
    with pytest.raises(InputError, match="dtype of input 'x' is one of float32, int64, got 'float64'"):
        InputSpec("x", (1,), "float64")  # type: ignore[arg-type]


def test_what_is_short_is_quoted_whole() -> None:
    assert quoted({"a": [1, 2.5, "b"], "t": (True, None)}) == "{'a': [1, 2.5, 'b'], 't': (True, None)}"


@pytest.mark.parametrize(
    "kind", ["x".__mul__, "\x1b".__mul__, range, bytes, lambda n: list(range(n)), lambda n: {n: [n] * n}]
)
def test_what_is_long_is_quoted_in_part(kind: Callable[[int], object]) -> None:
    for n in (10, 10**6):
        assert 1 < len(quoted(kind(n))) <= MOST_QUOTED


def test_lists_of_lists_are_read_no_further_than_they_are_quoted() -> None:
    laughing: object = "ha"
    for _ in range(100):  # 10 to the power of 100 words when written out
        laughing = [laughing] * 10
    assert len(quoted(laughing)) <= MOST_QUOTED


def test_an_integer_of_too_many_digits_to_write_is_described() -> None:
    assert quoted(10**5000) == "an integer of about 5001 digits"


def test_no_message_is_longer_than_can_be_read() -> None:
    said = str(InputError("began " + "x" * 10**6 + " ended"))
    assert len(said) < MOST_SAID + 10
    assert said.startswith("began")
    assert said.endswith("ended")
