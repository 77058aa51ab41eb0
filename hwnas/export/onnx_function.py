"""An ONNX file as a function of numpy arrays, for graphs that compute on tables of numbers.

The bytes are read once, checked against a hash if one is known, and that same copy is run; an ONNX graph holds
operators of a fixed list only, so a foreign file can be wrong but cannot run code.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import InputError, quoted

_NUMPY_OF_ONNX = {"tensor(double)": np.float64, "tensor(float)": np.float32}


class OnnxFunction:
    """Maps float arrays ``(n, f)``, one per input of the graph, to the list of its outputs.

    One CPU thread without spinning: tables of features are small, and nothing else is slowed down.

    Args:
        path: an ONNX file whose inputs are float or double matrices.
        sha256: hexadecimal digest the file must have; None: any.

    Raises:
        InputError: the file is missing, not the expected one, or not a graph ONNX Runtime can run on floats.
    """

    def __init__(self, path: Path, *, sha256: str | None = None) -> None:
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputError(f"Cannot read the ONNX file {path}: {error.strerror}; give an existing file.") from error
        self.path = path
        self.sha256 = hashlib.sha256(raw).hexdigest()
        if sha256 is not None and self.sha256 != sha256:
            raise InputError(
                f"{path} should have sha256 {sha256[:12]}..., got {self.sha256[:12]}...: it was changed or cut short; "
                "write it again."
            )
        self._session = _session(path, raw)
        self._inputs = self._session.get_inputs()
        for given in self._inputs:
            if given.type not in _NUMPY_OF_ONNX or len(given.shape) != 2:
                raise InputError(
                    f"{path} should take matrices of floats, got input {quoted(given.name)} of {given.type} with shape "
                    f"{given.shape}; give another file."
                )

    @property
    def widths(self) -> tuple[int | None, ...]:
        """Number of columns each input must have; None where the graph takes any."""
        return tuple(i.shape[1] if isinstance(i.shape[1], int) else None for i in self._inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the order they are returned."""
        return tuple(output.name for output in self._session.get_outputs())

    def __call__(self, *arrays: FloatArray) -> list[FloatArray]:
        """Outputs, as doubles.

        Raises:
            InputError: another number of arrays or of columns than the graph has.
        """
        self._check(arrays)
        feed = {
            given.name: np.ascontiguousarray(array, dtype=_NUMPY_OF_ONNX[given.type])
            for given, array in zip(self._inputs, arrays, strict=True)
        }
        return [np.asarray(output, dtype=np.float64) for output in self._session.run(None, feed)]

    def _check(self, arrays: Sequence[FloatArray]) -> None:
        if len(arrays) != len(self._inputs):
            raise InputError(f"{self.path} takes {len(self._inputs)} arrays, got {len(arrays)}; give one per input.")
        for array, width in zip(arrays, self.widths, strict=True):
            if array.ndim != 2 or (width is not None and array.shape[1] != width):
                raise InputError(
                    f"{self.path} takes rows of {width or 'any number of'} columns, got shape {array.shape}; "
                    "make the features as they were when it was fitted."
                )


def _session(path: Path, raw: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors share no public base
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} is not a graph ONNX Runtime can run ({reason}); write it again.") from error
