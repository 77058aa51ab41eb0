"""Is a file a model at all? That is the user's to mend, where a device that refuses a model is not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnx import ModelProto
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

from hwnas.contracts.errors import DeviceError, InputError, quoted, shown

_RUNTIMES_OWN = b"ORTM"  # at byte 4 of ONNX Runtime's own format, which only it can read


def read_model(path: Path) -> ModelProto | None:
    """The model without its external data; None for one in ONNX Runtime's own format.

    Raises:
        InputError: there is no such file, or it is no model.
    """
    if not path.is_file():
        raise InputError(f"No model at {shown(path)}: expected an ONNX file; check the path.")
    try:
        with path.open("rb") as file:
            if file.read(8)[4:] == _RUNTIMES_OWN:
                return None
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise InputError(f"Cannot read the model {shown(path)}: {error.strerror}; check the path.") from error
    except Exception as error:  # the format's own errors share no base class
        raise InputError(f"{shown(path)} is not an ONNX model; check the path, or export it again.") from error
    if not model.graph.output:  # an empty file is a message without fields
        raise InputError(f"{shown(path)} is not an ONNX model: it has no outputs; check the path, or export it again.")
    return model


def weights_beside(model: ModelProto) -> set[str]:
    """Names of the files beside a model that hold its weights."""
    return {ExternalDataInfo(tensor).location for tensor in model.graph.initializer if uses_external_data(tensor)}


def size_bytes(path: Path) -> int:
    """Of a model's file and of those beside it that hold its weights.

    Raises:
        InputError: there is no such file, or it is no model.
    """
    model = read_model(path)
    beside = set() if model is None else weights_beside(model)
    return sum(file.stat().st_size for file in (path, *(path.parent / name for name in beside)))


@contextmanager
def models_to_blame(paths: Sequence[Path]) -> Iterator[None]:
    """Within it no device is blamed for a model that ONNX Runtime, as it is installed here, does not understand.

    Raises:
        InputError: one of the models has an operator, a domain or an opset that it does not know, or is not valid.
    """
    try:
        yield
    except DeviceError:
        for path in paths:
            _refuse_not_understood(path)
        raise


def _refuse_not_understood(path: Path) -> None:
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf) as error:
        said = " ".join(str(error).partition(" failed:")[2].split())[-180:]  # it ends with what is wrong
        raise InputError(
            f"{shown(path)} is no model that onnxruntime {onnxruntime.__version__} understands "
            f"({quoted(said or type(error).__name__)}); export it again with operators and an opset that it knows."
        ) from error
    except Exception:  # noqa: BLE001, S110  what it understands and the processor cannot run, another device may
        pass
