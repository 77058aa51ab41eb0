"""Is a file a model at all? That is the user's to mend, where a device that refuses a model is not."""

from pathlib import Path

import onnx
from onnx import ModelProto

from hwnas.contracts.errors import InputError, shown

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
