"""Short names for what a stored answer depends on."""

import hashlib
from collections.abc import Sequence

import numpy as np

from hwnas.contracts.architecture import Architecture


def digest(text: str, *arrays: np.ndarray) -> str:
    """Twelve hexadecimal digits that are others for any other text or array."""
    state = hashlib.sha256(text.encode())
    for array in arrays:
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:12]


def digest_of_all(architectures: Sequence[Architecture]) -> str:
    """The same of architectures in their order."""
    return digest("".join(architecture.key for architecture in architectures))
