"""What a stored answer depends on: the code that made it, and short names for its inputs."""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.version import VERSION


def digest(text: str, *arrays: np.ndarray) -> str:
    """Twelve hexadecimal digits that are others for any other text or array."""
    state = hashlib.sha256(text.encode())
    for array in arrays:
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:12]


def digest_of_all(architectures: Sequence[Architecture]) -> str:
    """The same of architectures in their order."""
    return digest("".join(architecture.key for architecture in architectures))


def code_version() -> str:
    """The version of hwnas."""
    return VERSION


def versions() -> str:
    """Of everything that decides what a network computes and a predictor learns: what is stored is good as long."""
    return " ".join([code_version(), *(version(name) for name in ("torch", "onnxruntime", "onnx", "scikit-learn"))])


def source_of(function: Callable[..., object]) -> str:
    """The text of a function, by which one knows whether it changed; its name where there is no text."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return getattr(function, "__qualname__", repr(type(function)))
