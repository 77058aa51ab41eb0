"""What the models of a bundle answered where it was made, kept so that every other machine can compare.

A NumPy archive: inputs under ``input:NAME``, what a model made of them, ``(n, ...)``, under the name of its file, and
how far each output may be from that elsewhere, ``(...)``, under that name with ``:allowed``. Each output has a scale of
its own, so that none hides another. Runs inside the runner that remote devices use (see `hwnas.devices._pack`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.devices._session import ModelRefusedError, Sessions

OUTPUTS = "outputs.npz"
_INPUT, _ALLOWED = "input:", ":allowed"
Arrays = dict[str, "np.ndarray[Any, Any]"]


def packed(inputs: Mapping[str, Any], models: Mapping[Path, Any]) -> bytes:
    """The archive for some inputs, ``(n, ...)`` by name, and models with what each output may differ by."""
    arrays = {f"{_INPUT}{name}": np.asarray(x) for name, x in inputs.items()}
    for path, allowed in models.items():
        arrays[path.name] = _answers(path, inputs)
        arrays[f"{path.name}{_ALLOWED}"] = np.asarray(allowed)
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # its only keyword of another type is not among the names
    return file.getvalue()


def compared(path: Path) -> float | None:
    """How far a model's outputs here are from those kept beside it, at most, as a share of what is allowed.

    None where they cannot be compared: of another shape, or not finite where the others are.

    Raises:
        InputError: nothing usable is kept of it.
        DeviceError: this machine refuses the model.
    """
    inputs, wanted, allowed = _kept(path)
    try:
        got = _answers(path, inputs)
    except ModelRefusedError as error:
        raise DeviceError(f"This machine refuses a model: {error}.") from error
    if got.shape != wanted.shape:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(got == wanted, 0.0, np.abs(got.astype(np.float64) - wanted) / allowed)
    return None if np.isnan(share).any() or not np.isfinite(got - wanted)[got != wanted].all() else float(share.max())


def _answers(path: Path, inputs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of any type that a model gives
    rows = len(next(iter(inputs.values())))
    answers = [Sessions().answer(str(path), {name: x[i : i + 1] for name, x in inputs.items()}) for i in range(rows)]
    return np.concatenate(answers)


def _kept(path: Path) -> tuple[Arrays, Any, Any]:
    """Inputs, a model's outputs, and what these may differ by."""
    try:
        with np.load(path.with_name(OUTPUTS), allow_pickle=False) as arrays:
            inputs = {name.removeprefix(_INPUT): arrays[name] for name in arrays.files if name.startswith(_INPUT)}
            wanted, allowed = arrays[path.name], arrays[f"{path.name}{_ALLOWED}"]
        _check(inputs, wanted, allowed)
    except Exception as error:  # a broken archive fails in a dozen unrelated ways
        raise InputError(f"{path.with_name(OUTPUTS)} has no outputs of {path.name}; copy the bundle again.") from error
    return inputs, wanted, allowed


def _check(inputs: Arrays, wanted: Any, allowed: Any) -> None:  # noqa: ANN401 - whatever was in the archive
    numbers = wanted.dtype.kind in "fiu" and allowed.dtype.kind in "fiu"
    if not inputs or not len(wanted) or not numbers or any(len(x) != len(wanted) for x in inputs.values()):
        raise ValueError("no outputs with their inputs")
    if allowed.shape != wanted.shape[1:] or not (np.isfinite(allowed) & (allowed >= 0)).all():
        raise ValueError("no differences that are allowed")
