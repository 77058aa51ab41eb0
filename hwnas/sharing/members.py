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
from hwnas.contracts.sharing import Draw, Extent, SharingScheme, Slot
from hwnas.contracts.sub_space import SubSpace
from hwnas.sharing._named import named_sharing

_START = "member."


class MembersSharing(SharingScheme):
    """Members with tensors of their own: ``NAME`` of member 0, ``member.1/NAME`` of the next.

    A sub-network belongs to the first member whose sub-space holds it.

    Args:
        space: whose networks share.
        of: the scheme within each member.
        settings: of that scheme; None: its defaults.
    """

    name = "members"

    def __init__(self, space: SearchSpace, *, of: str = "prefix", settings: Mapping[str, object] | None = None) -> None:
        super().__init__(space, of=of, settings=dict(settings or {}))
        self._within = named_sharing(of, space, settings or {})
        self.sub_spaces = [SubSpace(space)]

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, once."""
        return self._within.initial(extents, draw)

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """As the scheme within gives them, from the tensors of one member; None: the one that holds `architecture`.

        Raises:
            InputError: there is no such member.
        """
        number = self.member_of(architecture) if member is None else member
        if not 0 <= number < len(self.sub_spaces):
            raise InputError(f"There are {len(self.sub_spaces)} members, got member {number}; use one of them.")
        own = {bare_name(name): tensor for name, tensor in shared.items() if member_number(name) == number}
        return self._within.bind(own, slots, architecture)

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


def name_of_member(number: int, name: str) -> str:
    """Of a tensor, among those of all members."""
    return f"{_START}{number}/{name}" if number else name


def member_number(name: str) -> int:
    """Whose tensor it is."""
    return int(name.removeprefix(_START).partition("/")[0]) if name.startswith(_START) and "/" in name else 0


def bare_name(name: str) -> str:
    """Of a tensor, within its member."""
    return name.partition("/")[2] if member_number(name) else name
