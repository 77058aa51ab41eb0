"""Several whole sets of tensors, and for every architecture the one that it is assigned to; another scheme shares each.

What a balanced mixture of supernets learns (Javan et al., "Balanced Mixture of SuperNets for Learning the CNN Pooling
Architecture", AutoML 2023). A training assigns; until then every architecture belongs to the first.
"""

from collections.abc import Mapping
from typing import cast

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent
from hwnas.sharing._of_members import SharingOfMembers, name_of_member


class AssignedSharing(SharingOfMembers):
    """Members with tensors named as those of `hwnas.sharing.members`, each initialised anew.

    Args:
        space: whose networks share.
        members: how many there are.
        of: the scheme within each.
        settings: of that scheme; None: its defaults.

    Raises:
        InputError: `members` is below 1.
    """

    name = "assigned"

    def __init__(
        self, space: SearchSpace, *, members: int = 4, of: str = "prefix", settings: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(space, members=members, of=of, settings=settings)
        if members < 1:
            raise InputError(f"Sharing scheme 'assigned' needs members of at least 1, got {members}.")
        self._members = members
        self.assigned: dict[str, int] = {}
        """Member of an architecture, by its key."""

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> Mapping[str, Tensor]:
        """Those of the scheme within, once for each member."""
        every = [self._within.initial(extents, draw) for _ in range(self._members)]
        return {name_of_member(i, name): tensor for i, own in enumerate(every) for name, tensor in own.items()}

    @property
    def count(self) -> int:
        """How many there are."""
        return self._members

    def member_of(self, architecture: Architecture) -> int:
        """The one that `architecture` is assigned to; the first where none is."""
        return self.assigned.get(architecture.key, 0)

    def assign(self, members: Mapping[str, int]) -> None:
        """Note the members of architectures, by key."""
        self.assigned.update(members)

    def state(self) -> Mapping[str, object]:
        """What is assigned, and the state of the scheme within."""
        return {"assigned": dict(self.assigned), "within": dict(self._within.state())}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave; an empty one assigns nothing.

        Raises:
            InputError: it is not of this scheme.
        """
        try:
            assigned = cast("dict[str, int]", state.get("assigned", {}))
            self.assigned = {str(key): int(number) for key, number in assigned.items()}
            self._within.restore(cast("dict[str, object]", state.get("within", {})))
        except (TypeError, AttributeError, ValueError) as error:
            raise InputError(f"Sharing scheme 'assigned' cannot take up {state}; use its own checkpoint.") from error


def assigned(
    space: SearchSpace, *, members: int = 4, of: str = "prefix", settings: Mapping[str, object] | None = None
) -> AssignedSharing:
    """The scheme, as it is found by name."""
    return AssignedSharing(space, members=members, of=of, settings=settings)
