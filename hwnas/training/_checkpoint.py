"""Where an unfinished training stands, in one file: tensors and step are replaced together or not at all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field
from safetensors.torch import save
from torch import Tensor

from hwnas.contracts.document import Document
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import write_atomic
from hwnas.sharing._stored import read_tensors

FILE = "training.safetensors"


class Best(Document):
    """The best look at the search examples so far: the mean figure of the sub-networks, and after what."""

    figure: float
    epoch: int
    step: int


class TrainingState(Document):
    """How far a training has come, and of what run it is.

    Args:
        identity: everything that must be the same to continue: recipe, method, sharing, space, task.
        step: steps done.
        passes: sub-network passes done.
        epoch: of the data, from 0.
        within: steps done of it.
        seconds: it took.
        curve: at some steps, see `hwnas.training._curve`.
        best: where the search examples say when to stop.
        stopped: by them.
        kept: options of choices that are still trained, where a method shrank the space.
        copies: shared tensors that a split made, each with the one it was copied from.
        sharing: state of the sharing scheme.
        scaling: of the losses in float16.
        counted: by the optimizer, of its groups of tensors.
        values: what is no tensor of the state of the method and of the optimizer.
    """

    model_config = ConfigDict(frozen=False)  # it counts up

    schema_version: Literal[3] = 3
    identity: dict[str, Any]
    step: int = 0
    passes: float = 0.0
    epoch: int = 0
    within: int = 0
    seconds: float = 0.0
    curve: list[dict[str, Any]] = Field(default_factory=list)
    best: Best | None = None
    stopped: bool = False
    kept: dict[str, list[Any]] = Field(default_factory=dict)
    copies: dict[str, str] = Field(default_factory=dict)
    sharing: dict[str, Any] = Field(default_factory=dict)
    scaling: dict[str, Any] = Field(default_factory=dict)
    counted: list[dict[str, int | float]] = Field(default_factory=list)
    values: dict[str, Any] = Field(default_factory=dict)


def write_checkpoint(folder: Path, state: TrainingState, tensors: dict[str, Tensor]) -> None:
    """Replace the checkpoint of `folder`."""
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomic(folder / FILE, save(stored, metadata={"state": state.model_dump_json()}))


def read_checkpoint(folder: Path, identity: dict[str, Any]) -> tuple[TrainingState, dict[str, Tensor]] | None:
    """The checkpoint of `folder`, or None where there is none, or one of another run that has made no step yet.

    Raises:
        InputError: the file is broken, or is of another run than `identity`.
    """
    path = folder / FILE
    if not path.exists():
        return None
    tensors, state = read_tensors(
        path, "state", TrainingState, kind="training checkpoint", remedy="remove it to start again"
    )
    later: tuple[str, ...] = ("networks", "search_examples")  # which earlier versions did not record
    unrecorded = {name: identity[name] for name in later if name in identity}
    for setting, held, asked in _differing({**unrecorded, **state.identity}, identity):
        if not state.step:  # it ended by what was mended since, such as a schedule that raised
            return None
        raise InputError(
            f"{folder} holds a training with {setting} = {quoted(held)}, asked for {quoted(asked)}; use another "
            "folder, or the same settings to continue."
        )
    return state, tensors


def _differing(held: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """What is not the same, by name: a single setting where it is one of several."""
    for name in {**held, **asked}:
        one, other = held.get(name), asked.get(name)
        if one != other and isinstance(one, dict) and isinstance(other, dict):
            yield from ((f"{name} {key}", a, b) for key, a, b in _differing(one, other))
        elif one != other:
            yield name, one, other
