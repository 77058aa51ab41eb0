"""Outputs that are kept with a bundle are compared elsewhere, each by what it may differ."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import DeviceError, InputError
from hwnas.profiling.bundle_outputs import OUTPUTS, compared, packed
from hwnas.testing._models import write_chain, write_failing

INPUTS = {"x0": np.arange(12, dtype=np.float32).reshape(3, 4)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of 4 figures, and what it answers to three examples; each output may differ by 0.5."""
    path = write_chain(tmp_path / "model.onnx", 2, width=4)
    (tmp_path / OUTPUTS).write_bytes(packed(INPUTS, {path: np.full(4, 0.5)}))
    return path


def rewritten(model: Path, **changes: object) -> None:
    """The archive with other arrays."""
    archive = model.with_name(OUTPUTS)
    with np.load(archive) as kept:
        arrays = {name: kept[name] for name in kept.files}
    for name, value in changes.items():
        arrays[{"outputs": "model.onnx", "allowed": "model.onnx:allowed", "x": "input:x0"}[name]] = np.asarray(value)
    np.savez(archive, **arrays)


def outputs(model: Path) -> np.ndarray:
    with np.load(model.with_name(OUTPUTS)) as kept:
        return np.asarray(kept["model.onnx"])


def test_the_same_outputs_differ_by_nothing_even_where_nothing_is_allowed(model: Path) -> None:
    assert compared(model) == 0.0
    rewritten(model, allowed=np.zeros(4))
    assert compared(model) == 0.0


def test_the_worst_output_counts_as_a_share_of_what_it_may_differ_by(model: Path) -> None:
    wanted = outputs(model).astype(np.float64)
    wanted[0, 1] += 0.25
    wanted[2, 3] -= 1.0
    rewritten(model, outputs=wanted, allowed=[0.5, 0.1, 0.5, 4.0])
    assert compared(model) == pytest.approx(2.5, rel=1e-4)


def test_outputs_of_another_shape_or_not_finite_cannot_be_compared(model: Path) -> None:
    wanted = outputs(model)
    wanted[0, 0] = np.inf
    rewritten(model, outputs=wanted)
    assert compared(model) is None
    rewritten(model, outputs=np.ones((3, 5), np.float32), allowed=np.ones(5))
    assert compared(model) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"allowed": np.ones(3)},
        {"allowed": [1.0, 1.0, 1.0, np.nan]},
        {"allowed": [1.0, 1.0, 1.0, -1.0]},
        {"x": np.ones((2, 4), np.float32)},
        {"outputs": np.array([["a"] * 4] * 3)},
        {"outputs": np.ones((0, 4), np.float32), "x": np.ones((0, 4), np.float32)},
    ],
    ids=["allowed for three", "allowed NaN", "allowed negative", "too few inputs", "words", "nothing"],
)
def test_an_archive_that_makes_no_sense_is_refused(model: Path, changes: dict[str, object]) -> None:
    rewritten(model, **changes)
    with pytest.raises(InputError, match=r"outputs\.npz has no outputs of model\.onnx; copy the bundle again"):
        compared(model)


def test_a_missing_archive_is_refused_and_a_machine_that_cannot_run_the_model_is_named(
    model: Path, tmp_path: Path
) -> None:
    write_failing(model)
    rewritten(model, x=np.ones((3, 1), np.int64))
    with pytest.raises(DeviceError, match="This machine refuses a model"):
        compared(model)
    (tmp_path / OUTPUTS).unlink()
    with pytest.raises(InputError, match="copy the bundle again"):
        compared(model)
