"""Which class of the table a layer may be taken for: only one that it computes exactly as."""

from __future__ import annotations

from types import FunctionType

from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from hwnas.export._operators import MODULES

_SILENT = {"__init__", "__repr__", "__hash__", "extra_repr", "reset_parameters"}
"""Methods that a derived class may replace: none of them computes."""


def base_in_table(layer: nn.Module) -> type[nn.Module] | None:
    """The class of the table that `layer` computes as; None of a layer that has anything of its own to say.

    A class derived from one of the table may have a constructor, a description and helpers of its own. Whatever could
    change what is computed (a method of the base replaced, in the class or in this one instance, a property, a
    parametrization, hooks, tensors of another kind) makes it another layer, even one that computes the same.
    """
    order = type(layer).__mro__
    base = next((base for base in order if base in MODULES), None)
    if base is None or has_hooks(layer) or any(callable(getattr(base, name, None)) for name in vars(layer)):
        return None
    tensors = {**layer._parameters, **layer._buffers}
    if not all(x is None or type(x) in (Tensor, nn.Parameter) for x in tensors.values()):
        return None
    added = [(name, value) for kind in order[: order.index(base)] for name, value in vars(kind).items()]
    return None if any(_may_tell(name, value, base, tensors) for name, value in added) else base


def _may_tell(name: str, value: object, base: type, tensors: dict[str, Tensor | None]) -> bool:
    """Whether what a derived class adds could be asked for when `base` computes."""
    if name in _SILENT or (name.startswith("__") and not callable(value)):
        return False
    helper = isinstance(value, FunctionType | staticmethod | classmethod) or not hasattr(value, "__get__")
    return not helper or hasattr(base, name) or name in tensors


def has_hooks(layer: nn.Module) -> bool:
    """Whether calling `layer` runs more than its `forward`."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks)


def hooks_everywhere() -> bool:
    """Whether calling any layer runs more than its `forward`."""
    return bool(torch_module._global_forward_hooks or torch_module._global_forward_pre_hooks)
