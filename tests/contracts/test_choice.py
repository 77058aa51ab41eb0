import json

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (np.arange(8, 33, 8), (8, 16, 24, 32)),
        (np.linspace(0, 1, 3), (0.0, 0.5, 1.0)),
        (np.array(["relu", "gelu"]), ("relu", "gelu")),
        ([np.True_, np.False_], (True, False)),
        (range(1, 4), (1, 2, 3)),
    ],
)
def test_options_of_numpy_become_pythons_own(options: object, kept: tuple[object, ...]) -> None:
    choice = Choice("width", options)  # type: ignore[arg-type]
    assert choice.options == kept
    assert [type(option) for option in choice.options] == [type(option) for option in kept]
    space = SearchSpace([choice, Choice("more", (1, 2), active_if={"width": list(options)[:1]})])  # type: ignore[call-overload]
    assert json.loads(space.largest.to_json())["width"] == kept[-1]
    assert space.encode({"width": np.array(kept)[-1], "more": 1})[0] == len(kept) - 1


@pytest.mark.parametrize("option", [(1, 3), [3], None, float("nan"), float("inf"), 1j, b"3", np.array([1, 2])])
def test_an_option_that_json_cannot_hold_is_refused_with_a_way_to_write_it(option: object) -> None:
    with pytest.raises(InputError, match=r"words, switches or finite numbers, got .* such as '1x3'"):
        Choice("kernel", (3, option))  # type: ignore[arg-type]


@pytest.mark.parametrize("options", ["abc", 3, None, b"abc"])
def test_what_is_no_tuple_of_options_is_refused(options: object) -> None:
    with pytest.raises(InputError, match="needs a tuple of options"):
        Choice("kernel", options)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [(), (3, 3), (3, np.int64(3)), (1, True)])
def test_no_options_and_repeated_ones_are_refused(options: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"at least one option|different options"):
        Choice("kernel", options)


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_choice_has_a_name(name: object) -> None:
    with pytest.raises(InputError, match="needs a name"):
        Choice(name, (1,))  # type: ignore[arg-type]
