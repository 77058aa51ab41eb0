"""A model for OpenVINO, by its own converter, from the file that was proved: ``model.xml`` and ``model.bin``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._answering import Answers


def openvino_paths(model: Path) -> tuple[Path, Path]:
    """Where the two lie beside a model file."""
    return model.with_suffix(".xml"), model.with_suffix(".bin")


def runtime() -> ModuleType:
    """OpenVINO.

    Raises:
        InputError: it is not there.
    """
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise InputError("OpenVINO is not there; pip install 'hwnas[openvino]', or export without it.") from error


def write_openvino(network: nn.Module, specs: Sequence[InputSpec], model: Path) -> tuple[Path, Path]:
    """Convert the file `model`, weights in float32, and return both paths.

    What was written is loaded again, and on the processor must answer as the network does, up to rounding. OpenVINO's
    reader is used, not its command, which reports its use.

    Raises:
        InputError: OpenVINO is not there, or does not take the file.
        PromiseError: it answers otherwise.
    """
    openvino = runtime()
    paths, core = openvino_paths(model), openvino.Core()
    with temporary_folder() as folder:
        written = [folder / path.name for path in paths]
        try:
            openvino.save_model(core.read_model(str(model)), str(written[0]), compress_to_fp16=False)
            compiled = core.compile_model(str(written[0]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1][:200]
            raise InputError(f"OpenVINO does not take {model.name}: {reason}; use the ONNX file.") from error
        if not Answers(network, specs).are_given_by(lambda inputs: _answered(compiled, inputs)):
            raise PromiseError(f"OpenVINO answers otherwise than the network of {model.name}; use the ONNX file.")
        for path, place in zip(paths, written, strict=True):
            write_atomic(path, place.read_bytes())
    return paths


def _answered(compiled: Callable[[list[np.ndarray]], Sequence[np.ndarray]], inputs: list[np.ndarray]) -> np.ndarray:
    """One example at a time, as the file has it."""
    return np.concatenate([compiled([x[i : i + 1] for x in inputs])[0] for i in range(len(inputs[0]))])
