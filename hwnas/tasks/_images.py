"""Grey pictures as network input."""

import numpy as np

from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import Examples


def normalised(images: np.ndarray, labels: np.ndarray, preprocessing: Preprocessing) -> Examples:
    """Pixels ``(n, h, w)`` and labels ``(n,)`` as float32 ``(n, 1, h, w)`` and int64."""
    return Examples((preprocessing(images[:, None]),), labels.astype(np.int64))
