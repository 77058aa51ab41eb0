"""Images in files, decoded when they are wanted by Pillow, in as many threads as there are processors, ahead of use."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError
from hwnas.tasks._source import Arrays, Source

_AHEAD = 2  # batches that are made ready while one is used


class ImageFolder(Source):
    """Images of some classes, by number.

    Args:
        paths: of the images.
        labels: the class of each, ``(n,)``.
        classes: how many there are.
        shape: channels, height and width of each as it is given.
    """

    def __init__(self, paths: Sequence[Path], labels: IntArray, classes: int, shape: Sequence[int]) -> None:
        self.paths, self.classes = paths, classes
        self._labels, self._shape = labels, shape

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: IntArray) -> Arrays:
        """See `Source.take`."""
        return next(self.batches([rows]))

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Arrays]:
        """See `Source.batches`."""
        threads = os.cpu_count() or 1
        with ThreadPoolExecutor(threads) as pool:
            coming: deque[tuple[IntArray, list[Future[np.ndarray]]]] = deque()
            for of_one in rows:
                coming.append((of_one, [pool.submit(self._pixels, i) for i in of_one]))
                if len(coming) > _AHEAD:
                    yield self._gathered(*coming.popleft())
            while coming:
                yield self._gathered(*coming.popleft())

    def kinds(self) -> IntArray:
        """See `Source.kinds`."""
        return self._labels

    def keys(self) -> list[bytes]:
        """See `Source.keys`: equal files are of equal size, so only those are read that are of the size of another."""
        sizes = [path.stat().st_size for path in self.paths]
        often = Counter(sizes)
        return [
            hashlib.blake2b(path.read_bytes(), digest_size=16).digest() if often[size] > 1 else str(size).encode()
            for path, size in zip(self.paths, sizes, strict=True)
        ]

    def _gathered(self, rows: IntArray, pixels: Sequence[Future[np.ndarray]]) -> Arrays:
        return {"images": np.stack([image.result() for image in pixels])}, self._labels[rows]

    def _pixels(self, number: int) -> np.ndarray:
        """Of one image, uint8 as its shape says."""
        image, ops = pillow()
        path, (channels, height, width) = self.paths[number], self._shape
        try:
            with image.open(path) as opened:
                if opened.mode[0] in "IF":
                    raise InputError(f"{path} has values of {opened.mode}, not of 8 bits; convert it.")
                upright = ops.exif_transpose(opened).convert("RGB" if channels == 3 else "L")
                cropped = ops.fit(upright, (width, height), image.Resampling.BILINEAR)
        except (OSError, ValueError, SyntaxError, image.DecompressionBombError) as error:
            raise InputError(f"{path} is no image that can be read ({error}); replace it or take it away.") from error
        pixels = np.asarray(cropped)
        return np.ascontiguousarray(pixels[None] if channels == 1 else pixels.transpose(2, 0, 1))


def pillow() -> tuple[Any, Any]:
    """Its modules `Image` and `ImageOps`.

    Raises:
        InputError: it is not installed.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise InputError("Reading images needs Pillow: pip install 'hwnas[images]'.") from error
    return Image, ImageOps
