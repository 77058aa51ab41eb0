import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.sharing.members import MembersSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn, own_space

SPACE = own_space()
WIDTHS = [SubSpace(SPACE, {"width": (width,)}) for width in (4, 6)]


def split_once() -> tuple[Supernet, MembersSharing]:
    scheme = MembersSharing(SPACE)
    supernet = Supernet(SPACE, scheme)
    copies = scheme.split(list(supernet.shared), 0, WIDTHS)
    supernet.shared |= {new: supernet.shared[old] + 1 for new, old in copies.items()}
    return supernet, scheme


def test_one_member_is_the_scheme_within_to_the_bit() -> None:
    plain, one = own_cnn(), Supernet(SPACE, MembersSharing(SPACE))
    assert plain.shared.keys() == one.shared.keys()
    for architecture in (SPACE.smallest, SPACE.largest):
        expected, found = plain.weights(architecture), one.weights(architecture)
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_an_architecture_gets_the_tensors_of_the_first_member_that_holds_it() -> None:
    supernet, scheme = split_once()
    assert [scheme.member_of(a) for a in (SPACE.smallest, SPACE.largest)] == [0, 1]
    first, second = (supernet.weights(SPACE.largest, member)["head.bias"] for member in (0, 1))
    assert torch.equal(second, first + 1)
    assert torch.equal(supernet.weights(SPACE.largest)["head.bias"], second)


def test_a_member_can_be_split_again() -> None:
    supernet, scheme = split_once()
    parts = [SubSpace(SPACE, {"width": (6,), "depth": (depth,)}) for depth in (1, 2)]
    copies = scheme.split(list(supernet.shared), 1, parts)
    assert copies["member.2/head.bias"] == "member.1/head.bias"
    assert all(new.startswith("member.2/") and old.startswith("member.1/") for new, old in copies.items())
    assert scheme.member_of(SPACE.largest) == 2
    assert scheme.member_of(SPACE.architecture({**SPACE.largest, "depth": 1})) == 1


def test_the_state_brings_the_members_back() -> None:
    _, scheme = split_once()
    again = MembersSharing(SPACE)
    again.restore(scheme.state())
    assert again.state() == scheme.state()
    assert again.member_of(SPACE.largest) == 1
    again.restore({})
    assert again.member_of(SPACE.largest) == 0


@pytest.mark.parametrize("state", [{"sub_spaces": 3}, {"sub_spaces": [["a"]]}, {"sub_spaces": [{}], "within": 3}])
def test_a_state_that_is_none_of_its_own_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(InputError):
        MembersSharing(SPACE).restore(state)


def test_members_and_architectures_that_are_not_there_are_refused() -> None:
    supernet, scheme = split_once()
    with pytest.raises(InputError, match="There are 2 members, got member 2"):
        supernet.weights(SPACE.largest, 2)
    scheme.sub_spaces.pop()
    with pytest.raises(InputError, match="No member was trained for"):
        scheme.member_of(SPACE.largest)


def test_the_scheme_within_is_given_by_name() -> None:
    with pytest.raises(TypeError):
        MembersSharing(SPACE, "prefix")  # type: ignore[misc]
    assert MembersSharing(space=SPACE, of="prefix").settings["of"] == "prefix"
