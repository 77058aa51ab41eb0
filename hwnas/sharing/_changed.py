"""Schemes that change shared tensors before another scheme shares them."""

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.sharing import Slot
from hwnas.sharing._memory_format import dense
from hwnas.sharing._within import SharingWithin


class ChangedSharing(SharingWithin):
    """Another scheme, over tensors that are computed from the shared ones."""

    @abstractmethod
    def changed(self, shared: Mapping[str, Tensor], architecture: Architecture) -> Mapping[str, Tensor]:
        """The tensors of the scheme within, for `architecture`."""

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> Mapping[str, Tensor]:
        """As the scheme within gives them."""
        changed = self.changed(shared, architecture)
        bound = self._within.bind(changed, slots, architecture, member)
        return {
            name: dense(tensor) if tensor.ndim == 4 and changed.get(name) is not shared.get(name) else tensor
            for name, tensor in bound.items()
        }

    def state(self) -> Mapping[str, object]:
        """That of the scheme within."""
        return self._within.state()

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up what `state` gave.

        Raises:
            InputError: it is not of the scheme within.
        """
        self._within.restore(state)
