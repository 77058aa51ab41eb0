"""A folder of images by class: ``FOLDER/class/image``, or ``FOLDER/train/class/image`` beside ``val`` and ``test``.

Every image is turned upright as its camera says, made grey or coloured, resized until it covers the network's input,
and cropped to its centre. Pillow decodes, in as many threads as there are processors, two batches ahead.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.places import expanded
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import Split
from hwnas.tasks._source import Arrays, Source

IMAGE_SHAPE = (3, 224, 224)
_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp"))
_SPLITS: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "search": ("val", "valid", "validation", "dev", "search"),
    "report": ("test", "testing", "report"),
}
_OF_IMAGENET = Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # as networks of others take it
_OF_GREY = Preprocessing(1 / 255, 0.5, 0.5)
_AHEAD = 2


@dataclass(frozen=True)
class Found:
    """What a folder holds: its splits, how its values are prepared, and what is to be said of it."""

    sources: Mapping[str, ImageFolder]
    preprocessing: Preprocessing
    provenance: Mapping[str, str]


def images_in(folder: str | Path, shape: Sequence[int]) -> Found:
    """The images of a folder by class, each as ``shape``: channels, height, width.

    Raises:
        InputError: Pillow is not there, the folder or a class holds no images, or there are fewer than two classes.
    """
    place = expanded(folder)
    if not place.is_dir():
        raise InputError(f"No folder {place} of images; name one that holds a folder for each class.")
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise InputError(f"Images are (1 or 3 channels, height, width), got {tuple(shape)}; say another size.")
    _pillow()
    below, roles = _folders(place), _roles(place)
    if roles and len(roles) < len(below):
        others = sorted(set(below) - set(roles.values()))
        raise InputError(
            f"{place} holds {sorted(roles.values())[0]!r} beside {others[0]!r}: it should hold either splits or "
            "classes; move the others away."
        )
    places: dict[str, Path] = {split: place / name for split, name in roles.items()} or {"train": place}
    if "train" not in places:
        raise InputError(f"{place} holds {', '.join(below)} and no 'train'; name the folder to learn from that.")
    classes = _folders(places["train"])
    if len(classes) < 2:
        raise InputError(
            f"{places['train']} holds {len(classes)} folders, and classes are told apart: there should be one for each "
            "class, at least two."
        )
    sources = {split: _of(where, classes, shape) for split, where in places.items()}
    size = "x".join(map(str, shape))
    said = {"data": f"images in {place.name}", "classes": ", ".join(classes), "images": f"to cover {size}, its centre"}
    return Found(sources, _OF_IMAGENET if shape[0] == 3 else _OF_GREY, said)


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
        return {"images": np.stack([found.result() for found in pixels])}, self._labels[rows]

    def _pixels(self, number: int) -> np.ndarray:
        """Of one image, uint8 as its shape says."""
        image, ops = _pillow()
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


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise InputError("Reading images needs Pillow: pip install 'hwnas[images]'.") from error
    return Image, ImageOps


def _of(place: Path, classes: Sequence[str], shape: Sequence[int]) -> ImageFolder:
    others = set(_folders(place)) ^ set(classes)
    if others:
        raise InputError(
            f"{place} and the folder to learn from do not both hold the class {quoted(sorted(others)[0])}."
        )
    paths: list[Path] = []
    labels: list[int] = []
    left: list[Path] = []
    for number, name in enumerate(classes):
        files = sorted(path for path in (place / name).rglob("*") if path.is_file() and not path.name.startswith("."))
        images = [path for path in files if path.suffix.lower() in _SUFFIXES]
        left += [path for path in files if path.suffix.lower() not in _SUFFIXES]
        if not images:
            raise InputError(f"{place / name} holds no image ({_listed()}); add some, or take the folder away.")
        paths += images
        labels += [number] * len(images)
    if left:
        warnings.warn(
            f"{len(left)} files in {place} are left out, as {left[0].name}: images are {_listed()}.", stacklevel=2
        )
    return ImageFolder(paths, np.array(labels, np.int64), len(classes), shape)


def _listed() -> str:
    return ", ".join(sorted(_SUFFIXES))


def _folders(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _roles(place: Path) -> dict[Split, str]:
    """Folders that are called as splits, by what they are for."""
    roles: dict[Split, str] = {}
    for split, names in _SPLITS.items():
        there = [name for name in _folders(place) if name.lower() in names]
        if len(there) > 1:
            raise InputError(
                f"{place} holds {quoted(there[0])} and {quoted(there[1])}, which are for the same; keep one."
            )
        if there:
            roles[split] = there[0]
    return roles
