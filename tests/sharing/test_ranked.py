import pytest
import torch
from torch import Tensor

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Slot
from hwnas.sharing.ranked import RankedSharing, ranked

SPACE = SearchSpace(
    [Choice("a", (1, 2, 3)), Choice("b", (1, 2)), Choice("k", (1, 3))],
    axes={
        "row": [("row", ("a", 2, "b"))],
        "grid": [("grid", ("a", 2))],
        "inner": [("grid", (2, "b"))],
        "kernel": ["a", ("centre", ("k",))],
    },
)


def bound(name: str, shared: Tensor, **options: int) -> Tensor:
    scheme = ranked(SPACE)
    scheme.rank({"a": [2, 0, 1], "b": [1, 0]})
    architecture = SPACE.architecture({**SPACE.largest, **options})
    sizes = {"row": (options.get("a", 3) + 2 + options.get("b", 2),), "grid": (2 * options.get("a", 3),)}
    sizes |= {"inner": (2 * options.get("b", 2),), "kernel": (options.get("a", 3), options.get("k", 3))}
    return scheme.bind({name: shared}, {name: Slot(sizes[name])}, architecture)[name]


def test_the_best_entries_are_taken_in_their_old_order() -> None:
    assert bound("kernel", torch.arange(9.0).view(3, 3), a=2).tolist() == [[0, 1, 2], [6, 7, 8]]


def test_all_entries_are_the_very_tensor() -> None:
    full = torch.zeros(7)
    assert bound("row", full) is full


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("row", {"a": 1, "b": 1}, [2, 3, 4, 6]),
        ("grid", {"a": 2}, [0, 1, 4, 5]),
        ("inner", {"b": 1}, [1, 3]),
    ],
)
def test_parts_and_blocks_are_taken_each(name: str, options: dict[str, int], expected: list[int]) -> None:
    size = {"row": 7, "grid": 6, "inner": 4}[name]
    assert bound(name, torch.arange(float(size)), **options).tolist() == expected


def test_a_kernel_is_the_centre_of_the_larger() -> None:
    assert bound("kernel", torch.arange(9.0).view(3, 3), k=1).tolist() == [[1], [4], [7]]


def test_orders_are_kept_with_the_supernet() -> None:
    scheme, again = ranked(SPACE), ranked(SPACE)
    scheme.rank({"a": [2, 0, 1]})
    again.restore(scheme.state())
    assert again.orders == scheme.orders


@pytest.mark.parametrize("orders", [{"c": [0]}, {"a": [0, 1]}, {"a": [0, 1, 1]}, {"k": [0, 1, 2, 3]}])
def test_an_order_that_is_none_is_refused(orders: dict[str, list[int]]) -> None:
    with pytest.raises(InputError, match="An order of choice"):
        ranked(SPACE).rank(orders)


@pytest.mark.parametrize("state", [{"order": {}}, {"orders": [1]}])
def test_a_state_of_another_scheme_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(InputError, match="cannot take up"):
        RankedSharing(SPACE).restore(state)
