"""Shared tensors as parameters and buffers of one `nn.Module`, for training loops that know nothing of supernets."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace


class Shares(Protocol):
    """What it is made of: a supernet."""

    space: SearchSpace
    shared: dict[str, Tensor]

    def __call__(self, x: tuple[Tensor, ...], architecture: Architecture, *, training: bool = False) -> Tensor:
        """The plain network's output."""


class SupernetModule(nn.Module):
    """A supernet whose shared tensors are this module's parameters and buffers, under their own names.

    Training it trains the supernet. One sub-network is in use at a time: the largest, until `use` says another.

    Args:
        supernet: which one. A training that splits it gives it other tensors; make a new module then.

    Raises:
        InputError: a name of a shared tensor begins with that of another.
    """

    def __init__(self, supernet: Shares) -> None:
        super().__init__()
        self._supernet, self._in_use, self._tensors = supernet, supernet.space.largest, dict(supernet.shared)
        for name, tensor in supernet.shared.items():
            *path, last = name.split(".")
            place: nn.Module = self
            for part in path:  # not add_module, which refuses names such as `use`
                place = place._modules.setdefault(part, nn.Module())  # type: ignore[assignment]
            if last in place._modules or any(part in place._parameters for part in path):
                raise InputError(f"Shared tensor {name!r} is called like a part of another; give it another name.")
            (place._parameters if tensor.requires_grad else place._buffers)[last] = tensor  # type: ignore[assignment]

    def use(self, architecture: Mapping[str, Option] | None) -> "SupernetModule":
        """Be this sub-network from now on; None: the largest.

        Raises:
            InputError: the space has no such architecture.
        """
        space = self._supernet.space
        self._in_use = space.largest if architecture is None else space.architecture(architecture)
        return self

    def forward(self, *inputs: Tensor, architecture: Mapping[str, Option] | None = None) -> Tensor:
        """The output of the sub-network in use, or of `architecture` this once; `train` and `eval` say in which mode.

        Raises:
            InputError: the space has no such architecture, or the supernet has other tensors by now.
        """
        supernet = self._supernet
        if any(supernet.shared.get(name) is not tensor for name, tensor in self._tensors.items()):
            raise InputError("The supernet has other tensors than when this module was made; call as_module() again.")
        asked = self._in_use if architecture is None else supernet.space.architecture(architecture)
        return supernet(inputs, asked, training=self.training)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "SupernetModule":  # noqa: FBT001, FBT002
        """Move or cast, as `to` does; the supernet follows."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._follow()
        return self

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  PyTorch's own
        """See `nn.Module.load_state_dict`; the supernet follows."""
        loaded = super().load_state_dict(*args, **kwargs)
        self._follow()
        return loaded

    def _follow(self) -> None:
        self._tensors = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        self._supernet.shared.update(self._tensors)
