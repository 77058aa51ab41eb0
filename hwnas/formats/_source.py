"""A file somebody published: its bytes, and what they say as JSON, YAML or CSV. A pickle is refused, not read."""

import csv
import gzip
import hashlib
import io
import json
import pickletools
import zlib
from functools import cached_property
from pathlib import Path

from hwnas.contracts.errors import InputError

MAX_BYTES = 2**29  # of what a compressed file may unpack to; published tables have a few million
MOST_LEVELS = 50  # of lists within lists
_PICKLE_ENDINGS = {".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".joblib"}
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x93NUMPY", b"(dp", b"(lp")


class Source:
    """A file to import from.

    Raises:
        InputError: it cannot be read, or is a pickle.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(".gz")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}; check the path.") from error
        self.sha256 = hashlib.sha256(raw).hexdigest()
        self.raw = _unpacked(path, raw)
        if Path(self.name).suffix.lower() in _PICKLE_ENDINGS or _is_pickle(self.raw):
            raise InputError(
                f"{path} is a pickle, or may hold one, and reading a pickle can run any program, so it is not read; "
                "where you trust it, write its numbers as JSON or CSV, and import those."
            )

    @cached_property
    def text(self) -> str:
        """The content, or nothing where it is no text."""
        try:
            return self.raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ""

    @cached_property
    def content(self) -> object:
        """What the file says as JSON or, by its ending, as YAML (plain data only); None where it is neither.

        Raises:
            InputError: it is YAML, and no reader of YAML is installed, or it is broken.
        """
        if Path(self.name).suffix.lower() in {".yaml", ".yml"}:
            return self._yaml()
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):  # the latter: brackets within brackets within ...
            return None

    @cached_property
    def records(self) -> list[dict[str, str]]:
        """Rows by column name where the file is CSV, else none."""
        if Path(self.name).suffix.lower() not in {".csv", ".txt", ".tsv"}:
            return []
        lines = io.StringIO(self.text)
        rows = csv.DictReader(lines, delimiter="\t" if "\t" in self.text.partition("\n")[0] else ",")
        return [{k.strip(): (v or "").strip() for k, v in row.items() if isinstance(k, str)} for row in rows]

    @property
    def columns(self) -> list[str]:
        """Column names of a CSV."""
        return list(self.records[0]) if self.records else []

    def _yaml(self) -> object:
        try:
            import yaml
        except ImportError as error:
            raise InputError(f"Reading {self.path} needs PyYAML: pip install 'hwnas[import]'.") from error
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            depth = 0
            for event in yaml.parse(self.text, Loader=loader):  # too deep a file would end the process, not raise
                depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
                if depth > MOST_LEVELS:
                    raise InputError(
                        f"{self.path} has more than {MOST_LEVELS} levels; a latency table has two or three."
                    )
            return yaml.load(self.text, Loader=loader)  # noqa: S506  both are safe
        except yaml.YAMLError as error:
            first = str(error).splitlines()[0]
            raise InputError(f"{self.path} is not plain YAML ({first}); objects in YAML are not made.") from error


def _is_pickle(raw: bytes) -> bool:
    """By how it begins; the oldest kinds have no mark, so what ends like one is parsed as one (which runs nothing)."""
    if raw.startswith(_PICKLE_STARTS):
        return True
    try:
        return raw.endswith(b".") and sum(1 for _ in pickletools.genops(raw)) > 0
    except ValueError:
        return False


def _unpacked(path: Path, raw: bytes) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            found = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be unpacked: {error}; get it again.") from error
    if len(found) > MAX_BYTES:
        raise InputError(f"{path} unpacks to more than {MAX_BYTES} bytes, too many for a latency table; split it.")
    return found
