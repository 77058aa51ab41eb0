"""Cutting a network's tensor out of a larger one."""

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.sharing import Run, Slot

_FEW = 8  # runs are narrowed and put together; more are looked up


def cut(name: str, tensor: Tensor | None, slot: Slot) -> Tensor:
    """The part of `tensor` that lies in `slot`, differentiable; a view where it is one stretch in every dimension.

    Raises:
        InputError: there is no tensor, or it does not reach; it is called `name`.
    """
    if tensor is not None and tensor.shape == slot.shape:
        return tensor
    if tensor is None or tensor.ndim != len(slot.shape) or any(map(int.__lt__, tensor.shape, slot.shape)):
        got = "is missing" if tensor is None else f"has {tuple(tensor.shape)}"
        raise InputError(
            f"Tensor {quoted(name)} should reach {slot.shape}, the shared one {got}; list the "
            f"options of every choice from the smallest to the largest network, and name places alike."
        )
    centred_from = tensor.ndim - slot.spatial
    for dim, size in enumerate(slot.shape):
        surplus = tensor.shape[dim] - size
        if surplus and slot.runs and slot.runs[dim]:
            tensor = _gathered(tensor, dim, slot.runs[dim])
        elif surplus:
            tensor = tensor.narrow(dim, surplus // 2 if dim >= centred_from else 0, size)
    return tensor


def _gathered(tensor: Tensor, dim: int, runs: tuple[Run, ...]) -> Tensor:
    if len(runs) <= _FEW:
        return torch.cat([tensor.narrow(dim, start, length) for start, length in runs], dim)
    places = [place for start, length in runs for place in range(start, start + length)]
    return tensor.index_select(dim, torch.tensor(places, device=tensor.device))
