"""A folder of images by class: ``FOLDER/class/image``, or ``FOLDER/train/class/image`` beside ``val`` and ``test``.

Every image is turned upright as its camera says, made grey or coloured, resized until it covers the network's input,
and cropped to its centre.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.places import expanded
from hwnas.contracts.preprocessing import Preprocessing
from hwnas.contracts.task import Split
from hwnas.tasks._images_read import ImageFolder, pillow

IMAGE_SHAPE = (3, 224, 224)
_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp"))
_SPLITS: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "search": ("val", "valid", "validation", "dev", "search"),
    "report": ("test", "testing", "report"),
}
_OF_IMAGENET = Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # as networks of others take it
_OF_GREY = Preprocessing(1 / 255, 0.5, 0.5)


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
    pillow()
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
            f"{places['train']} should hold a folder for each class, at least two, got {len(classes)}; put images of "
            "each class into one of its own."
        )
    sources = {split: _of(where, classes, shape) for split, where in places.items()}
    size = "x".join(map(str, shape))
    said = {"data": f"images in {place.name}", "classes": ", ".join(classes), "images": f"to cover {size}, its centre"}
    return Found(sources, _OF_IMAGENET if shape[0] == 3 else _OF_GREY, said)


def _of(place: Path, classes: Sequence[str], shape: Sequence[int]) -> ImageFolder:
    others = set(_folders(place)) ^ set(classes)
    if others:
        raise InputError(
            f"{place} and the folder to learn from do not both hold the class {quoted(sorted(others)[0])}; give both a "
            "folder of it, or none."
        )
    paths: list[Path] = []
    labels: list[int] = []
    left: list[Path] = []
    for number, name in enumerate(classes):
        files = sorted(path for path in (place / name).rglob("*") if not path.is_dir() and _is_shown(path, place))
        if broken := [path for path in files if not path.exists()]:
            raise InputError(f"{broken[0]} is a link to what is not there; mend it or take it away.")
        images = [path for path in files if path.suffix.lower() in _SUFFIXES]
        left += [path for path in files if path.suffix.lower() not in _SUFFIXES]
        if not images:
            raise InputError(f"{place / name} holds no image ({_listed()}); add some, or take the folder away.")
        paths += images
        labels += [number] * len(images)
    beside = (path for path in place.iterdir() if path.is_file() and _is_shown(path, place))
    left += [path for path in beside if path.suffix.lower() in _SUFFIXES]
    if left:
        warnings.warn(
            f"{len(left)} files in {place} are left out, as {left[0].name}: images are {_listed()} in the folder of a "
            "class.",
            stacklevel=2,
        )
    return ImageFolder(paths, np.array(labels, np.int64), len(classes), shape)


def _is_shown(path: Path, place: Path) -> bool:
    """Whether neither it nor a folder on the way to it is hidden."""
    return not any(part.startswith(".") for part in path.relative_to(place).parts)


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
