"""The IDX format of MNIST-like data sets: a magic number, sizes, then raw bytes; possibly gzipped."""

import gzip
import math
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.limits import MOST_DATA_BYTES


def read_idx(folder: Path, stem: str, dimensions: int) -> np.ndarray:
    """The uint8 array in ``folder/stem`` or ``folder/stem.gz``.

    Raises:
        InputError: the file is missing, truncated, too large, or has another number of dimensions.
    """
    path = next((p for p in (folder / stem, folder / f"{stem}.gz") if p.is_file()), None)
    if path is None:
        raise InputError(f"No {stem} or {stem}.gz in {folder}: expected IDX files; name their folder.")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _array(path, file, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"Cannot read {path} ({error}); copy the file again.") from error


def _array(path: Path, file: BufferedIOBase, dimensions: int) -> np.ndarray:
    """What `file` holds, of which no more is unpacked than its own sizes say."""
    header = file.read(4 + 4 * dimensions)
    shape = tuple(int.from_bytes(header[i : i + 4], "big") for i in range(4, 4 + 4 * dimensions, 4))
    size = math.prod(shape)
    is_valid = header[:4] == bytes((0, 0, 8, dimensions)) and len(header) == 4 + 4 * dimensions
    if is_valid and size > MOST_DATA_BYTES:
        raise InputError(
            f"{path} says that it holds {size} bytes ({shape}), at most {MOST_DATA_BYTES} are read; split it, or copy "
            "the file again."
        )
    raw = file.read(size + 1) if is_valid else b""
    if not is_valid or len(raw) != size:
        raise InputError(
            f"{path} is not a whole IDX file of bytes in {dimensions} dimensions (sizes {shape}); copy the file again."
        )
    return np.frombuffer(raw, np.uint8).reshape(shape)


def idx_bytes(array: np.ndarray) -> bytes:
    """`array` (uint8) as a gzipped IDX file, the same bytes every time."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(bytes((0, 0, 8, array.ndim)) + sizes + array.astype(np.uint8).tobytes(), 9, mtime=0)
