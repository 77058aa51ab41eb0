"""A model in half precision, for accelerators, by ONNX Runtime's own converter: ``model.float16.onnx``."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.quiet import quiet
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._answering import Answers, hand_out_alike
from hwnas.export._evaluating import evaluating

_HALF_ULP = 2.0**-11  # of a number of 16 bits, 11 of them significant


def float16_paths(model: Path) -> tuple[Path]:
    """Where it lies beside a model file."""
    return (model.with_suffix(".float16.onnx"),)


def write_float16(network: nn.Module, specs: Sequence[InputSpec], model: Path) -> Path:
    """Convert the file `model`, and return the path. It takes and gives float32, as `model` does, and computes in
    float16 between, where ONNX Runtime can.

    Processors compute such a file in float32 with weights in float16, which is one thing it must answer as the network
    up to rounding in. The other is PyTorch's own float16, where also numbers within the network are such.

    Raises:
        InputError: the network does not run in float16, or ONNX Runtime does not run the file.
        PromiseError: either answers otherwise, as where numbers are larger than float16 holds (65,504).
    """
    (path,) = float16_paths(model)
    answers, half = Answers(network, specs, half_ulp=_HALF_ULP), copy.deepcopy(network).half()
    try:
        alike = answers.are_given_by(lambda inputs: _answered(half, inputs))
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise InputError(f"The network does not run in float16: {reason}; hand it out without.") from error
    if not alike:
        raise PromiseError("The network answers otherwise in float16, which is not exact enough; hand it out without.")
    with temporary_folder() as folder:
        written = folder / path.name
        onnx.save(_converted(onnx.load(model)), written)
        return hand_out_alike([answers], written, path)


def _answered(half: nn.Module, inputs: list[np.ndarray]) -> np.ndarray:
    tensors = [torch.from_numpy(x) for x in inputs]
    with torch.no_grad(), evaluating(half):
        return answer_of(half(*(x.half() if x.is_floating_point() else x for x in tensors))).float().numpy()


def _converted(model: onnx.ModelProto) -> onnx.ModelProto:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with quiet():
        converted: onnx.ModelProto = convert_float_to_float16(model, keep_io_types=True)
    return converted
