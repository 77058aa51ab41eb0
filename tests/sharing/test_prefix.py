import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Slot
from hwnas.sharing.prefix import prefix

ANY = Architecture({})
SPACE = SearchSpace([Choice("width", (1, 2))])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=4))
def test_a_smaller_tensor_is_the_first_part_in_every_dimension(sizes: list[tuple[int, int]]) -> None:
    full = torch.randn([more + size for more, size in sizes])
    shape = tuple(size for _, size in sizes)
    sliced = prefix(SPACE).bind({"w": full}, {"w": Slot(shape)}, ANY)["w"]
    assert torch.equal(sliced, full[tuple(slice(size) for size in shape)])


def test_a_smaller_kernel_is_the_centre_of_the_larger() -> None:
    full = torch.arange(2 * 2 * 7 * 7.0).reshape(2, 2, 7, 7)
    sliced = prefix(SPACE).bind({"w": full}, {"w": Slot((1, 2, 3, 5), spatial=2)}, ANY)["w"]
    assert torch.equal(sliced, full[:1, :, 2:5, 1:6])


def test_slices_are_views_so_that_learning_changes_the_shared_values() -> None:
    full = torch.zeros(4)
    prefix(SPACE).bind({"w": full}, {"w": Slot((2,))}, ANY)["w"].add_(1)
    assert full.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("shared", [{}, {"w": torch.zeros(2)}, {"w": torch.zeros(3, 3)}])
def test_a_tensor_that_is_missing_or_too_small_is_named(shared: dict[str, torch.Tensor]) -> None:
    with pytest.raises(InputError, match=r"'w' should reach \(3,\)"):
        prefix(SPACE).bind(shared, {"w": Slot((3,))}, ANY)
