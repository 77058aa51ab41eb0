"""What events do to the shared tensors, and to what the optimizer and others remember of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.training_events import Assign, Assigns, Event, NewTask, Prune, Reset, Shrink, Split, Splits
from hwnas.supernet import Supernet
from hwnas.training._average import Memory


def edit(supernet: Supernet, memories: Sequence[Memory], event: Event) -> dict[str, str]:
    """Apply `event`; the names of new shared tensors, each with the one it is a copy of.

    What a `Shrink` leaves of the space, and what a `NewTask` means for the data, is not said by tensors.

    Raises:
        InputError: the sharing scheme cannot do it, or tensors do not fit.
    """
    match event:
        case Split():
            return _split(supernet, event)
        case Prune(masks):
            _assign(supernet, {f"mask/{name}": mask for name, mask in masks.items()})
        case Shrink():
            _reorder(supernet, memories, event)
        case Reset(tensors):
            for tensor in _assign(supernet, tensors):
                for memory in memories:
                    memory.state.pop(tensor, None)
        case NewTask():
            for memory in memories:
                memory.state.clear()
        case Assign(members):
            _tell(supernet, members)
    return {}


def _split(supernet: Supernet, event: Split) -> dict[str, str]:
    scheme = supernet.sharing
    if not isinstance(scheme, Splits):
        raise InputError(
            f"Sharing scheme {scheme.name!r} keeps one set of tensors, which cannot be split; use 'members'."
        )
    copies = dict(scheme.split(list(supernet.shared), event.member, event.into))
    copy_tensors(supernet, copies)
    return copies


def _tell(supernet: Supernet, members: Mapping[str, int]) -> None:
    if not isinstance(supernet.sharing, Assigns):
        raise InputError(
            f"Sharing scheme {supernet.sharing.name!r} decides itself which weights an architecture takes; use "
            "'assigned'."
        )
    supernet.sharing.assign(members)


def copy_tensors(supernet: Supernet, copies: Mapping[str, str]) -> None:
    """Give the supernet new shared tensors, each starting as the one it is a copy of, which may itself be new."""
    everything = dict(supernet.shared)
    for new, old in copies.items():
        everything[new] = everything[old]
    supernet.adopt({n: torch.nn.Parameter(t.detach()) if t.requires_grad else t for n, t in everything.items()})


def remember_copies(
    memory: Memory,
    old: Mapping[Any, Mapping[str, Any]],
    before: Mapping[str, Tensor],
    supernet: Supernet,
    copies: Mapping[str, str],
) -> None:
    """After a split, let `memory` remember of every shared tensor what it did of the original.

    Args:
        memory: forgets all else.
        old: what it remembered before, by shared tensor.
        before: the shared tensors of before.
        supernet: of now.
        copies: new names, each with the one it is a copy of.
    """
    memory.state.clear()
    for name, parameter in supernet.parameters.items():
        for entry, value in old.get(before[copies.get(name, name)], {}).items():
            memory.state[parameter][entry] = value.clone() if isinstance(value, Tensor) else value


def _assign(supernet: Supernet, tensors: Mapping[str, Tensor]) -> list[Tensor]:
    assigned = []
    for name, values in tensors.items():
        shared = supernet.shared.get(name)
        if shared is None or shared.shape != values.shape:
            got = "there is none" if shared is None else f"it has {tuple(shared.shape)}"
            raise InputError(
                f"Shared tensor {name!r} should take values of {tuple(values.shape)}, {got}; "
                f"sharing scheme {supernet.sharing.name!r} does not fit the method."
            )
        with torch.no_grad():
            shared.copy_(values)
        assigned.append(shared)
    return assigned


def _reorder(supernet: Supernet, memories: Sequence[Memory], event: Shrink) -> None:
    for name, orders in event.order.items():
        shared = supernet.shared[name]
        remembered = [t for m in memories for t in m.state.get(shared, {}).values() if isinstance(t, Tensor)]
        for dimension, order in orders.items():
            if sorted(order) != list(range(shared.shape[dimension])):
                raise InputError(
                    f"Dimension {dimension} of {name!r} has {shared.shape[dimension]} indices, the new order is no "
                    "permutation of them; mend the method."
                )
            index = torch.from_numpy(np.asarray(order)).to(shared.device)
            with torch.no_grad():
                for tensor in (shared, *(t for t in remembered if t.shape == shared.shape)):
                    tensor.copy_(tensor.index_select(dimension, index))
