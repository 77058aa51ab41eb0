"""How shared tensors lie on disk: one safetensors file that carries a document about them, and their digest.

Every bit counts: a file of which any bit has changed since is refused, and not taken for another network.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.sharing import SharingScheme
from hwnas.contracts.space_record import SpaceRecord

D = TypeVar("D", bound=BaseModel)

_OF_TORCH = (b"PK\x03\x04", b"\x80\x02\x8a\n")
"""What files of `torch.save` begin with, now and before PyTorch 1.6; safetensors begins with its header's length."""


class SharingDocument(BaseModel):
    """Which sharing scheme."""

    name: str
    settings: dict[str, Any]
    state: dict[str, Any]

    @classmethod
    def of(cls, scheme: SharingScheme) -> "SharingDocument":
        """That of a scheme."""
        return cls(name=scheme.told or scheme.name, settings=dict(scheme.settings), state=dict(scheme.state()))


class SupernetDocument(BaseModel):
    """What ``supernet.json`` holds; `digest` is of all the rest and of the tensors.

    `shared_in`: the digest of the choices that weights are shared by, where the space has further ones, or fewer
    options.
    """

    schema_version: Literal[2] = 2
    space: SpaceRecord
    sharing: SharingDocument
    shared_in: str = ""
    buffers: list[str]
    constants: list[str]
    parts: dict[str, list[Any]]
    spatial: dict[str, int]
    record: dict[str, Any]
    digest: str = ""

    def signed(self, tensors: Mapping[str, Tensor]) -> "SupernetDocument":
        """The same with its digest."""
        unsaid = {"digest"} if self.shared_in else {"digest", "shared_in"}  # earlier versions did not say that
        said = json.loads(self.model_dump_json(exclude=unsaid))  # as it will be read: JSON has no NaN
        return self.model_copy(update={"digest": digest(tensors, said)})


def digest(tensors: Mapping[str, Tensor], document: Mapping[str, object]) -> str:
    """Hexadecimal SHA-256 of a document and of named tensors: their types, shapes and values.

    Raises:
        InputError: a tensor has no values.
    """
    state = hashlib.sha256(json.dumps(document, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        if tensor.is_meta:
            raise InputError(f"Tensor {name!r} should have values, but lies on PyTorch's meta device; load its values.")
        state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        state.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return state.hexdigest()


def read_tensors(path: Path, entry: str, document: type[D], *, kind: str, remedy: str) -> tuple[dict[str, Tensor], D]:
    """The tensors of a safetensors file by name, and the document its metadata hold under `entry`.

    Raises:
        InputError: the file is not whole or holds no such document; it is called a `kind`, and `remedy` is advised.
    """
    tensors, metadata = _read(path, kind, remedy)
    try:
        return tensors, document.model_validate_json(metadata[entry])
    except (KeyError, ValidationError) as error:
        raise _not_whole(path, kind, remedy, error) from error


def read_weights(
    path: Path, *, kind: str = "file of weights", remedy: str = "save them as safetensors again"
) -> dict[str, Tensor]:
    """The tensors of any safetensors file by name.

    Raises:
        InputError: the file is not whole; it is called a `kind`, and `remedy` is advised. Or it is PyTorch's own.
    """
    with suppress(OSError), path.open("rb") as file:
        if file.read(4).startswith(_OF_TORCH):
            raise InputError(
                f"{path} was written by PyTorch and may hold a pickle, which could run anything; write the tensors by "
                'safetensors.torch.save_file(network.state_dict(), "tuned.safetensors") and give that file.'
            )
    return _read(path, kind, remedy)[0]


def _read(path: Path, kind: str, remedy: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
            return tensors, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise _not_whole(path, kind, remedy, error) from error


def _not_whole(path: Path, kind: str, remedy: str, error: Exception) -> InputError:
    return InputError(f"{path} is not a whole {kind} ({str(error).splitlines()[0]}); {remedy}.")
