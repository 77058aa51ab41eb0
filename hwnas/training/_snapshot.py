"""Everything a training has at a step besides its counters: shared tensors, what is remembered of them, seams' states.

Each value is named ``shared/NAME``, ``MEMORY/NAME/WHAT`` such as ``optimizer/NAME/momentum_buffer``, or
``method/SEAM/NAME``.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.training import Method
from hwnas.supernet import Supernet
from hwnas.training._average import Memory


def snapshot(
    supernet: Supernet, memories: Mapping[str, Memory], method: Method
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and JSON values by name."""
    everything: dict[str, Any] = {f"shared/{name}": tensor for name, tensor in supernet.shared.items()}
    for memory_name, memory in memories.items():
        for name, parameter in supernet.parameters.items():
            remembered = memory.state.get(parameter, {})
            everything |= {f"{memory_name}/{name}/{entry}": x for entry, x in remembered.items() if x is not None}
    everything |= {f"method/{name}": value for name, value in method.state().items()}
    tensors = {name: value for name, value in everything.items() if isinstance(value, Tensor)}
    return tensors, {name: value for name, value in everything.items() if name not in tensors}


def restore_shared(supernet: Supernet, tensors: Mapping[str, Tensor], where: object) -> None:
    """Give the shared tensors their values.

    Raises:
        InputError: `where` they were read holds those of another network; nothing is changed.
    """
    for name, shared in supernet.shared.items():
        stored = tensors.get(f"shared/{name}")
        if stored is None or stored.shape != shared.shape:
            raise InputError(
                f"{where} holds a training of another network: {name} should be {tuple(shared.shape)}, "
                f"got {'none' if stored is None else tuple(stored.shape)}; use another folder."
            )
    with torch.no_grad():
        for name, shared in supernet.shared.items():
            shared.copy_(tensors[f"shared/{name}"])


def restore_memory(
    supernet: Supernet,
    memories: Mapping[str, Memory],
    method: Method,
    tensors: Mapping[str, Tensor],
    values: Mapping[str, Any],
) -> None:
    """Give the memories and the seams what `snapshot` had of them."""
    parameters, seams = supernet.parameters, {}
    for key, value in {**tensors, **values}.items():
        part, _, name = key.partition("/")
        if part in memories:
            name, _, entry = name.rpartition("/")
            parameter = parameters[name]
            moves = isinstance(value, Tensor) and entry != "step"  # which stays on the processor, as PyTorch has it
            memories[part].state[parameter][entry] = value.to(parameter.device) if moves else value
        elif part == "method":
            seams[name] = value
    method.restore(seams)
