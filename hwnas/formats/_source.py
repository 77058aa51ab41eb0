"""A file somebody published: its bytes, and what they say as JSON, YAML or CSV. A pickle is refused, not read."""

import hashlib
import pickletools
from functools import cached_property
from pathlib import Path

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import read_limited, unpacked
from hwnas.contracts.limits import MOST_BYTES
from hwnas.contracts.strict_json import UnclearError, strict_json
from hwnas.formats._csv import Rows, read_csv
from hwnas.formats._yaml import read_yaml

_PICKLE_ENDINGS = {".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".joblib"}
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x93NUMPY", b"(dp", b"(lp")
_MARKS = {  # how texts begin that say what they are written in; the longer marks first
    b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip


class Source:
    """A file to import from.

    Raises:
        InputError: it cannot be read, holds too much, or is a pickle.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(".gz")
        raw = read_limited(path, MOST_BYTES)
        self.sha256 = hashlib.sha256(raw).hexdigest()
        self.raw = unpacked(path, raw, MOST_BYTES)
        if Path(self.name).suffix.lower() in _PICKLE_ENDINGS or _is_pickle(self.raw):
            raise InputError(
                f"{path} is a pickle, or may hold one, and reading a pickle can run any program, so it is not read; "
                "where you trust it, write its numbers as JSON or CSV, and import those."
            )

    @cached_property
    def text(self) -> str:
        """The content, or nothing where it is no text."""
        marked = next((encoding for mark, encoding in _MARKS.items() if self.raw.startswith(mark)), "utf-8-sig")
        try:
            return self.raw.decode(marked)
        except UnicodeDecodeError:
            return ""

    @cached_property
    def content(self) -> object:
        """What the file says as JSON or, by its ending, as YAML (plain data only); None where it is neither.

        Raises:
            InputError: it is YAML that is broken or that no installed library reads, or a key is there twice, or a
                figure is not a number.
        """
        if Path(self.name).suffix.lower() in {".yaml", ".yml"}:
            return read_yaml(self.path, self.text)
        try:
            return strict_json(self.text)
        except UnclearError as error:
            raise InputError(f"{self.path}: {error}; mend the file.") from error
        except ValueError:
            return None

    @cached_property
    def rows(self) -> Rows:
        """What the file says as CSV, by its ending; else no columns.

        Raises:
            InputError: it is a broken CSV.
        """
        if Path(self.name).suffix.lower() not in {".csv", ".txt", ".tsv"}:
            return Rows()
        return read_csv(self.path, self.text)

    @property
    def records(self) -> list[dict[str, str]]:
        """Rows by column name where the file is CSV, else none."""
        return self.rows.records

    @property
    def columns(self) -> list[str]:
        """Column names of a CSV."""
        return self.rows.columns if self.records else []


def _is_pickle(raw: bytes) -> bool:
    """By how it begins; the oldest kinds have no mark, so what ends like one is parsed as one (which runs nothing)."""
    if raw.startswith(_PICKLE_STARTS):
        return True
    try:
        return raw.endswith(b".") and sum(1 for _ in pickletools.genops(raw)) > 0
    except ValueError:
        return False
