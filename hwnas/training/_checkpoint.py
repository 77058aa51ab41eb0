"""Where an unfinished training stands, in one file: tensors and step are replaced together or not at all."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from safetensors.torch import save
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.sharing._stored import read_tensors

FILE = "training.safetensors"


class TrainingState(BaseModel):
    """How far a training has come, and of what run it is.

    `identity` names everything that must be the same to continue: recipe, method, space, task.
    """

    schema_version: Literal[1] = 1
    identity: dict[str, Any]
    step: int
    seconds: float
    curve: list[dict[str, float]]


def write_checkpoint(folder: Path, state: TrainingState, tensors: dict[str, Tensor]) -> None:
    """Replace the checkpoint of `folder`."""
    kept = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    write_atomic(folder / FILE, save(kept, metadata={"state": state.model_dump_json()}))


def read_checkpoint(folder: Path, identity: dict[str, Any]) -> tuple[TrainingState, dict[str, Tensor]] | None:
    """The checkpoint of `folder`, or None where there is none.

    Raises:
        InputError: the file is broken, or is of another run than `identity`.
    """
    path = folder / FILE
    if not path.exists():
        return None
    tensors, state = read_tensors(
        path, "state", TrainingState, what="training checkpoint", remedy="remove it to start again"
    )
    differing = [name for name in identity if state.identity.get(name) != identity[name]]
    if differing:
        name = differing[0]
        raise InputError(
            f"{folder} holds a training with {name} = {state.identity.get(name)}, asked for {identity[name]}; "
            f"use another folder, or the same settings to continue."
        )
    return state, tensors
