"""Grey pictures as network input."""

import numpy as np

from hwnas.contracts.task import Examples, Preprocessing


def normalised(images: np.ndarray, labels: np.ndarray, preprocessing: Preprocessing) -> Examples:
    """Pixels ``(n, h, w)`` and labels ``(n,)`` as float32 ``(n, 1, h, w)`` and int64."""
    p = preprocessing
    x = ((images.astype(np.float32) * np.float32(p.scale)) - np.float32(p.mean)) / np.float32(p.std)
    return Examples((x[:, None],), labels.astype(np.int64))
