"""Several sets of tensors, each for a part of the space; within a set another scheme shares.

What few-shot search (Zhao et al., "Few-shot Neural Architecture Search", ICML 2021) splits a supernet into. There is
one set until a training splits it.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent
from hwnas.contracts.sub_space import SubSpace
from hwnas.sharing._of_members import SharingOfMembers, bare_name, member_number, name_of_member


class MembersSharing(SharingOfMembers):
    """Members with tensors of their own: ``NAME`` of member 0, ``member.1/NAME`` of the next.

    A sub-network belongs to the first member whose sub-space holds it.

    Args:
        space: whose networks share.
        of: the scheme within each member.
        settings: of that scheme; None: its defaults.
    """

    name = "members"

    def __init__(self, space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> None:
        super().__init__(space, of=of, settings=settings)
        self.sub_spaces = [SubSpace(space)]

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, once."""
        return self._within.initial(extents, draw)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.sub_spaces)

    def member_of(self, architecture: Architecture) -> int:
        """The first member whose sub-space holds `architecture`.

        Raises:
            InputError: none does.
        """
        for number, sub_space in enumerate(self.sub_spaces):
            if sub_space.holds(architecture):
                return number
        raise InputError(f"No member was trained for {architecture}; use a sub-network of the members' sub-spaces.")

    def split(self, names: Sequence[str], member: int, into: Sequence[SubSpace]) -> Mapping[str, str]:
        """Note `into` as sub-spaces, the first for `member` itself; the new tensors with those they start as."""
        self.sub_spaces[member] = into[0]
        copies: dict[str, str] = {}
        for sub_space in into[1:]:
            new = len(self.sub_spaces)
            copies |= {name_of_member(new, bare_name(n)): n for n in names if member_number(n) == member}
            self.sub_spaces.append(sub_space)
        return copies

    def state(self) -> Mapping[str, object]:
        """The sub-space of each member, and the state of the scheme within."""
        options = [{name: list(o) for name, o in sub_space.options.items()} for sub_space in self.sub_spaces]
        return {"sub_spaces": options, "within": dict(self._within.state())}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave; an empty one is that of one member.

        Raises:
            InputError: it is not of this scheme.
        """
        try:
            options = cast("Sequence[dict[str, list[str]]]", state.get("sub_spaces", [{}]))
            self.sub_spaces = [SubSpace(self.space, allowed) for allowed in options]
            self._within.restore(cast("dict[str, object]", state.get("within", {})))
        except (TypeError, AttributeError) as error:
            raise InputError(f"Sharing scheme 'members' cannot take up {state}; use its own checkpoint.") from error


def members(space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> MembersSharing:
    """The scheme, as it is found by name."""
    return MembersSharing(space, of=of, settings=settings)
