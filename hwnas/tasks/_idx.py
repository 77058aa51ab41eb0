"""The IDX format of MNIST-like data sets: a magic number, sizes, then raw bytes; possibly gzipped."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from hwnas.contracts.errors import InputError


def read_idx(folder: Path, stem: str, dimensions: int) -> np.ndarray:
    """The uint8 array in ``folder/stem`` or ``folder/stem.gz``.

    Raises:
        InputError: the file is missing, truncated, or has another number of dimensions.
    """
    path = next((p for p in (folder / stem, folder / f"{stem}.gz") if p.is_file()), None)
    if path is None:
        raise InputError(f"No {stem} or {stem}.gz in {folder}: expected IDX files; name their folder.")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"Cannot read {path} ({error}); copy the file again.") from error
    header = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(4, header, 4))
    if raw[:4] != bytes((0, 0, 8, dimensions)) or len(raw) != header + math.prod(shape):
        raise InputError(
            f"{path} is not a whole IDX file of bytes in {dimensions} dimensions ({len(raw)} bytes, sizes {shape}); "
            f"copy the file again."
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def idx_bytes(array: np.ndarray) -> bytes:
    """`array` (uint8) as a gzipped IDX file, the same bytes every time."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes(), 9, mtime=0)
