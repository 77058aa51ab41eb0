import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.sharing.assigned import AssignedSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn, own_space

SPACE = own_space()


def weight(supernet: Supernet, member: int | None = None) -> torch.Tensor:
    return supernet.weights(SPACE.largest, member)["stem.weight"]


def test_members_begin_with_weights_of_their_own_and_the_first_with_those_of_one_supernet() -> None:
    supernet = Supernet(SPACE, AssignedSharing(SPACE, members=2))
    assert torch.equal(weight(supernet, 0), own_cnn().shared["stem.weight"])
    assert not torch.equal(weight(supernet, 0), weight(supernet, 1))


def test_one_member_is_plain_sharing_to_the_bit() -> None:
    plain, ours = own_cnn(), Supernet(SPACE, AssignedSharing(SPACE, members=1))
    x = example(plain, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, SPACE.largest):
            assert torch.equal(ours(x, architecture), plain(x, architecture))


def test_an_architecture_takes_the_member_it_is_assigned_to_here_and_in_another_process() -> None:
    scheme = AssignedSharing(SPACE, members=2)
    supernet = Supernet(SPACE, scheme)
    assert torch.equal(weight(supernet), weight(supernet, 0))
    scheme.assigned[SPACE.largest.key] = 1
    assert torch.equal(weight(supernet), weight(supernet, 1))
    other = AssignedSharing(SPACE, members=2)
    other.restore(scheme.state())
    assert other.assigned == {SPACE.largest.key: 1}


@pytest.mark.parametrize("member", [-1, 2])
def test_a_member_that_is_not_there_is_refused(member: int) -> None:
    with pytest.raises(InputError, match="There are 2 members"):
        weight(Supernet(SPACE, AssignedSharing(SPACE, members=2)), member)


@pytest.mark.parametrize("state", [{"assigned": 3}, {"assigned": {"a": "b"}}])
def test_the_state_of_another_scheme_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(InputError, match="cannot take up"):
        AssignedSharing(SPACE).restore(state)


def test_no_members_are_refused() -> None:
    with pytest.raises(InputError, match="members of at least 1"):
        AssignedSharing(SPACE, members=0)


def test_an_architecture_takes_the_same_member_at_another_input_size() -> None:
    scheme = AssignedSharing(SPACE, members=2)
    scheme.assign({SPACE.largest.key: 1})
    sized = Supernet(SPACE, scheme).with_input_sizes(resolution=(6,))
    smaller = sized.space.architecture({**SPACE.largest, "resolution": 6})
    assert torch.equal(sized.weights(smaller)["stem.weight"], sized.weights(smaller, 1)["stem.weight"])
    assert not torch.equal(sized.weights(smaller)["stem.weight"], sized.weights(smaller, 0)["stem.weight"])
