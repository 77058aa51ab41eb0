"""Schemes of several sets of tensors, the members: a sub-network takes its weights from one of them."""

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.sharing import Slot
from hwnas.sharing._within import SharingWithin

_START = "member."


class SharingOfMembers(SharingWithin):
    """Tensors ``NAME`` of member 0, ``member.1/NAME`` of the next; within each, another scheme shares."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many members there are."""

    @abstractmethod
    def member_of(self, architecture: Architecture) -> int:
        """Whose tensors a sub-network takes.

        Raises:
            InputError: no member is for it.
        """

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """As the scheme within gives them, from the tensors of one member; None: that of `architecture`.

        Raises:
            InputError: there is no such member.
        """
        number = self.member_of(architecture) if member is None else member
        if not 0 <= number < self.count:
            raise InputError(f"There are {self.count} members, got member {number}; use one of them.")
        own = {bare_name(name): tensor for name, tensor in shared.items() if member_number(name) == number}
        return self._within.bind(own, slots, architecture)


def name_of_member(number: int, name: str) -> str:
    """Of a tensor, among those of all members."""
    return f"{_START}{number}/{name}" if number else name


def member_number(name: str) -> int:
    """Whose tensor it is."""
    return int(name.removeprefix(_START).partition("/")[0]) if name.startswith(_START) and "/" in name else 0


def bare_name(name: str) -> str:
    """Of a tensor, within its member."""
    return name.partition("/")[2] if member_number(name) else name
