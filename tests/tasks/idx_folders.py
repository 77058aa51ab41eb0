"""Folders of made-up IDX files shaped like Fashion-MNIST."""

from pathlib import Path

import numpy as np

from hwnas.tasks._idx import idx_bytes


def write_idx(folder: Path, train: int = 200, report: int = 50, size: int = 28) -> Path:
    """Four files; every image is its own row number in its first pixels, labels go round."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, n in (("train", train), ("t10k", report)):
        rng = np.random.default_rng(n)
        images = rng.integers(0, 256, (n, size, size), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.arange(n) % 256, np.arange(n) // 256
        images[:, 0, 2] = 1 if prefix == "train" else 0
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx_bytes(images))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx_bytes((np.arange(n) % 10).astype(np.uint8)))
    return folder
