"""Proof of a file with layers in INT8: that it is the network's, and how often it still answers as that does.

Integers are not rounding alone, so their outputs differ by more than `parity` allows. What can be proved is that the
float32 file they were made of computes what the network computes; what the integers cost is told on real examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._mixed import with_integers
from hwnas.export.parity import Parity, prove
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import write_onnx

_FEW = 16  # examples that a search for a layer at fault looks at


def prove_mixed(
    mixed: Mixed, specs: Sequence[InputSpec], path: Path, inputs: Sequence[np.ndarray], *, class_axis: int | None = 1
) -> Parity:
    """Prove the float32 network of `mixed`, and compare the file at `path` with it: the difference and the agreement
    are those of the integers.

    Args:
        mixed: what the file was written from.
        specs: of its inputs.
        path: the file.
        inputs: real examples, one array per input, ``(n, ...)`` each.
        class_axis: the dimension of an output ``(n, ...)`` along which classes compete; None where none do.

    Raises:
        PromiseError: the float32 file does not compute what the network computes.
        InputError: the integers make the outputs of all examples the same.
    """
    with temporary_folder() as folder:
        plain = write_onnx(mixed.float32, specs, folder / "float32.onnx")
        proof = prove(mixed.float32, plain, inputs, class_axis=class_axis)
        wanted, got = (np.concatenate([*outputs_of_file(file, inputs)]).astype(np.float64) for file in (plain, path))
        if _constant(got) and not _constant(wanted):
            raise InputError(_at_fault(mixed, plain, [x[:_FEW] for x in inputs]))
    competing = class_axis is not None and class_axis < got.ndim and got.shape[class_axis] > 1
    agreement = float((got.argmax(class_axis) == wanted.argmax(class_axis)).mean()) if competing else None
    return replace(proof, max_abs_diff=float(np.abs(got - wanted).max(initial=0.0)), top1_agreement=agreement)


def _constant(outputs: np.ndarray) -> bool:
    """Whether more than one example has the same output as all others."""
    return len(outputs) > 1 and bool((outputs == outputs[:1]).all())


def _at_fault(mixed: Mixed, plain: Path, inputs: Sequence[np.ndarray]) -> str:
    """The sentence that names the layer which makes outputs constant by itself, if one does."""
    import onnx

    for layer in mixed.int8_layers:
        alone = _Alone(mixed, layer)
        file = plain.with_name("alone.onnx")
        onnx.save(with_integers(onnx.load(plain), alone, mixed.calibration or inputs), file)
        if _constant(np.concatenate([*outputs_of_file(file, inputs)])):
            return (
                f"Layer {quoted(layer)} in INT8 makes the outputs of all examples the same: few values far out leave "
                "no integers to tell the others apart; keep it in float32, or leave those out with ranges=percentile."
            )
    return (
        f"The {len(mixed.int8_layers)} layers in INT8 together make the outputs of all examples the same; keep some in "
        "float32, or give other calibration examples."
    )


class _Alone:
    """The same network with one layer in INT8."""

    def __init__(self, mixed: Mixed, layer: str) -> None:
        self.float32, self.calibration, self.ranges = mixed.float32, mixed.calibration, mixed.ranges
        self.recover = mixed.recover
        self.int8_layers: tuple[str, ...] = (layer,)
