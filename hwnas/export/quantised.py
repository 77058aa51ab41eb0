"""A model in 8-bit integers, from its float32 file: static quantisation by ONNX Runtime.

Weights become int8 with a scale per output channel, activations uint8 with a scale per tensor, found as the least and
largest value over calibration examples; what stands between pairs of QuantizeLinear and DequantizeLinear the runtime
computes in integers where it can. On x86-64 uint8 activations are what the vector instructions multiply; with int8
ones a MobileNetV3 took twice as long.

Softmaxes stay in float32, with all that is added to a product of matrices or multiplied with it before one: a mask of
attention is the least number of float32, and in 256 steps from there to the largest score all scores are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.quiet import quiet
from hwnas.contracts.temporary import temporary_folder

if TYPE_CHECKING:
    from onnx import ModelProto

METHOD = "static QDQ, activations uint8 per tensor, weights 7 bits per channel, ranges by min-max, softmax in float32"
_TOWARDS_SOFTMAX = ("Add", "Sub", "Mul", "Div", "Where", "Max", "Min", "Clip")  # between a product and a softmax


class UnquantisableError(InputError):
    """A model cannot be quantised, for a `reason`."""

    def __init__(self, source: Path, reason: str) -> None:
        super().__init__(f"{source} cannot be quantised: {reason}; use it in float32.")
        self.reason = reason


def quantise(source: Path, target: Path, calibration: Sequence[np.ndarray]) -> Path:
    """Write the float32 model at `source` as INT8 to `target`, and return `target`; equal inputs give equal files.

    Args:
        source: a model with a fixed or an open batch.
        target: written whole or not at all.
        calibration: examples that ranges are found on, one array per input, ``(n, ...)`` each.

    Raises:
        UnquantisableError: the model cannot be quantised.
        InputError: the file cannot be written.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    with temporary_folder() as folder:
        written = folder / "int8.onnx"
        try:
            model = onnx.load(source)
            with quiet():  # it wants models pre-processed by a tool of its own, which ours need not be
                quantize_static(
                    model, str(written), _Examples(source, calibration), quant_format=QuantFormat.QDQ,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
                    reduce_range=True, nodes_to_exclude=_in_float32(model),
                )  # fmt: skip
        except Exception as error:  # its own errors and those of onnx and onnxruntime share no base class
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
            raise UnquantisableError(source, reason) from error
        write_atomic(target, written.read_bytes())
    return target


def is_quantised(path: Path) -> bool:
    """Whether a model holds quantised parts already.

    Raises:
        InputError: it is no model.
    """
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # the format's own errors share no base class
        raise InputError(f"{path} is not an ONNX model; export it again.") from error
    return any(node.op_type == "DequantizeLinear" for node in model.graph.node)


def _in_float32(model: ModelProto) -> list[str]:
    """Names of softmaxes and of what leads to them; nodes without a name are given one."""
    chosen: list[str] = []
    wanted = set[str]()
    for i, node in reversed([*enumerate(model.graph.node)]):
        if node.op_type == "Softmax" or (node.op_type in _TOWARDS_SOFTMAX and wanted & {*node.output}):
            node.name = node.name or f"node_{i}"
            chosen.append(node.name)
            wanted.update(node.input)
    return chosen


class _Examples:
    """Calibration examples one run at a time, as ONNX Runtime asks for them."""

    def __init__(self, model: Path, arrays: Sequence[np.ndarray]) -> None:
        self._runs = _runs(model, arrays)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next run's inputs; None after the last."""
        return next(self._runs, None)


def _runs(model: Path, arrays: Sequence[np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Whole runs only, for a model with a fixed batch; one example each where it is open."""
    import onnxruntime

    inputs = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).get_inputs()
    batch = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else 1
    for first in range(0, len(arrays[0]) - batch + 1, batch):
        yield {given.name: x[first : first + batch] for given, x in zip(inputs, arrays, strict=True)}
