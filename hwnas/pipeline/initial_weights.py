"""A supernet that begins with the weights of a trained network: one of the space's largest architecture."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.places import expanded
from hwnas.pipeline.delivery.own_weights import filled, tensors_of
from hwnas.sharing._stored import digest, read_weights
from hwnas.supernet import Supernet

_MOST_SHOWN = 3


def begin_as(supernet: Supernet, weights: Path | str | Mapping[str, Tensor]) -> str:
    """Give the largest sub-network these tensors; what it has no part in stays as it is.

    Args:
        supernet: its shared tensors are overwritten.
        weights: named as in the network's `state_dict`, or a ``.safetensors`` file of them.

    Returns:
        The digest of the tensors, for the record.

    Raises:
        InputError: the file is another kind or damaged, tensors are missing, unexpected, of other shapes or not finite,
            or the sharing scheme computes the largest sub-network from other tensors.
    """
    tensors = _read(weights) if isinstance(weights, Path | str) else weights
    largest = supernet.space.largest
    _refuse_misfit(supernet, tensors)
    given = tensors_of(filled(supernet, largest, tensors))
    with torch.no_grad():
        for name, tensor in supernet.weights(largest).items():
            tensor.copy_(given[name])
        taken = supernet.weights(largest)
    if any(not torch.equal(tensor, given[name]) for name, tensor in taken.items()):
        raise InputError(
            f"Sharing scheme {supernet.sharing.name!r} computes the largest network's weights from others, so it "
            "cannot begin with given ones; use another --method, or another --sharing."
        )
    return digest(tensors, {})[:12]


def _read(name: Path | str) -> Mapping[str, Tensor]:
    path = expanded(name)
    if path.suffix != ".safetensors":
        raise InputError(
            f"Initial weights are a .safetensors file, got {path}; write one by "
            'safetensors.torch.save_file(network.state_dict(), "weights.safetensors").'
        )
    if not path.is_file():
        raise InputError(f"No file of initial weights at {path}; name one that is there.")
    return read_weights(path)


def _refuse_misfit(supernet: Supernet, tensors: Mapping[str, Tensor]) -> None:
    """Name everything that does not fit at once."""
    plain = supernet.extract(supernet.space.largest)
    own, saved = tensors_of(plain), plain.state_dict(keep_vars=True)
    told = {id(own[name]) for name in tensors if name in own}  # of tied tensors one name will do
    shapes = {
        name: f"{name} {tuple(tensor.shape)} for {tuple(own[name].shape)}"
        for name, tensor in tensors.items()
        if name in own and tensor.shape != own[name].shape
    }
    faults = {
        "missing": [name for name, tensor in saved.items() if id(tensor) not in told],
        "unexpected": [name for name in tensors if name not in own],
        "of another shape": list(shapes.values()),
    }
    said = [f"{fault}: {_shown(names)}" for fault, names in faults.items() if names]
    if said:
        raise InputError(
            f"The initial weights are not those of the largest network of space {supernet.space.name!r}; "
            f"{'; '.join(said)}. Give those of a network that the space builds for {supernet.space.largest.to_json()}."
        )


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
