"""A network that makes its inputs smaller before it looks at them: images to a resolution, sequences to a length."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

Size = tuple[int, int] | int | None
"""Height and width of an image; how much of a sequence is kept, from its begin; None: as it is."""


class SmallerInputs(nn.Module):
    """What is written to a file: the network behind the operations that make its inputs smaller.

    Args:
        network: that takes the smaller ones.
        sizes: of each input.
    """

    def __init__(self, network: nn.Module, sizes: Sequence[Size]) -> None:
        super().__init__()
        self.network = network
        self._sizes = tuple(sizes)

    def forward(self, *inputs: Tensor) -> Any:  # noqa: ANN401  whatever the network gives
        """The network's answer for the inputs, made smaller."""
        return self.network(*(_smaller(x, size) for x, size in zip(inputs, self._sizes, strict=True)))


class SmallerInput(SmallerInputs):
    """The same of one input, written out for who reads the code of networks."""

    def forward(self, x: Tensor) -> Any:  # type: ignore[override]  # noqa: ANN401
        """The network's answer for the input, made smaller."""
        return self.network(_smaller(x, self._sizes[0]))


def _smaller(x: Tensor, size: Size) -> Tensor:
    if size is None:
        return x
    if isinstance(size, int):
        return x[:, :size]
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class _Hook:
    """The same for a network of the user's own class: it takes inputs of either size."""

    def __init__(self, sizes: Mapping[str, Size]) -> None:
        self._sizes = dict(sizes)

    def __call__(self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        each = list(self._sizes.values())
        smaller = [self._made(x, size) for x, size in zip(args, each, strict=False)]
        named = {name: self._made(x, self._sizes.get(name)) for name, x in kwargs.items()}
        return (*smaller, *args[len(smaller) :]), named

    @staticmethod
    def _made(x: Any, size: Size) -> Any:  # noqa: ANN401
        if not isinstance(x, Tensor) or size is None or (isinstance(size, tuple) and tuple(x.shape[-2:]) == size):
            return x
        return _smaller(x, size)


def with_smaller_inputs(network: nn.Module, sizes: Mapping[str, Size]) -> nn.Module:
    """The network itself, which from now on makes its inputs smaller, by name and in their order."""
    network.register_forward_pre_hook(_Hook(sizes), prepend=True, with_kwargs=True)
    return network


def for_a_file(network: nn.Module, sizes: Mapping[str, Size]) -> nn.Module:
    """A network that does so by operations of its own, of one that does so by a hook, which stays as it is."""
    kind = SmallerInput if len(sizes) == 1 else SmallerInputs
    return kind(without_hook(network), [*sizes.values()]).train(network.training)


def without_hook(network: nn.Module) -> nn.Module:
    """The same parts as a network that takes inputs as they are."""
    plain = copy(network)
    hooks = {key: hook for key, hook in network._forward_pre_hooks.items() if not isinstance(hook, _Hook)}
    plain._forward_pre_hooks = OrderedDict(hooks)
    plain._forward_pre_hooks_with_kwargs = OrderedDict(
        (key, told) for key, told in network._forward_pre_hooks_with_kwargs.items() if key in hooks
    )
    return plain
