"""Tables that others published: they are not part of hwnas, but lie in the folder that HWNAS_DATA names."""

import csv
import gzip
import os
import zlib
from pathlib import Path

from hwnas.contracts.errors import InputError


def public_file(name: str) -> Path:
    """The path of a file of that folder.

    Raises:
        InputError: no folder is named, or the file is not in it.
    """
    folder = os.environ.get("HWNAS_DATA")
    if not folder:
        raise InputError(f"HWNAS_DATA is not set; name the folder that holds {name}.")
    path = Path(folder) / name
    if not path.is_file():
        raise InputError(f"No {name} in {folder}; HWNAS_DATA names the folder that should hold it.")
    return path


def public_bytes(name: str) -> bytes:
    """Content of a gzipped file there.

    Raises:
        InputError: it is missing or damaged.
    """
    path = public_file(name)
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"Cannot read {path} ({error}); copy it there again.") from error


def public_rows(name: str) -> list[dict[str, str]]:
    """Rows of a gzipped CSV file there.

    Raises:
        InputError: it is missing or damaged.
    """
    return list(csv.DictReader(public_bytes(name).decode("utf-8", "replace").splitlines()))
