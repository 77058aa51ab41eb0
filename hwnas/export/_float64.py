"""A network computed in float64, whatever its own code says of float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map


def in_float64(module: nn.Module, inputs: Sequence[Tensor]) -> object:
    """What `module` gives for `inputs`, ``(n, ...)`` each, all arithmetic in float64.

    Casts to float32 and tensors made as float32 in the network's own code are float64 too.

    Args:
        module: in evaluation mode; left as it is.
        inputs: one tensor per input, ``(n, ...)`` each.

    Raises:
        Exception: whatever the network's own code raises when it cannot compute in float64.
    """
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    wide = {name: _widened(x) for name, x in tensors.items()}
    with torch.no_grad(), float64_throughout():
        outputs: object = torch.func.functional_call(module, wide, tuple(_widened(x) for x in inputs))
    return outputs


@contextmanager
def float64_throughout() -> Iterator[None]:
    """Whatever is or asks for float32 meanwhile is float64."""
    with _default_float64(), _Wide():  # type: ignore[no-untyped-call]
        yield


class _Wide(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch has no types there
    """Whatever is or asks for float32 is float64, in every operation."""

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the operation gives
        return func(*tree_map(_widened, args), **tree_map(_widened, dict(kwargs or {})))


def _widened(x: object) -> Any:  # noqa: ANN401 - any argument of any operation
    if isinstance(x, Tensor):
        return x.double() if x.dtype == torch.float32 else x
    return torch.float64 if x is torch.float32 else x


@contextmanager
def _default_float64() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
