"""What is read from disk as JSON: exactly what is declared, or one sentence.

Strict: ``true`` is no number, ``"3"`` no 3, NaN no figure, a field that is not declared is none, and a key that is
there twice is neither its first value nor its last. What a document means as a whole (an interval around its figure)
its validators check.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import to_json

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError, quoted, shown
from hwnas.contracts.figures import EXTRA
from hwnas.contracts.files import read_limited, unpacked
from hwnas.contracts.strict_json import strict_json

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
_OTHER_FIELDS = {"missing", "extra_forbidden", "unexpected_keyword_argument", "missing_argument"}
_MOST_PLACE = 100  # characters of where in a document something is wrong


class Document(BaseModel):
    """The base of every model of a file or a stored record."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, raw: bytes | str) -> Self:
        """From JSON.

        Raises:
            ValueError: it is another thing; the message says where and what, short and in one line.
        """
        try:
            content = strict_json(raw)
            if isinstance(content, dict) and content.get("schema_version") is True:  # which is 1 to Python
                raise ValueError("the schema_version true is no number")
            return cls.model_validate_json(raw)
        except ValidationError as error:
            raise ValueError(_other_schema(cls, content) or f"{first_fault(error)}{_when(cls, error)}") from error
        except ValueError as error:
            raise ValueError(f"the file: {error}") from error

    @classmethod
    def of_fields(cls, fields: Mapping[str, object]) -> Self:
        """From fields as code has them (tuples, dataclasses), checked as if they were read.

        Raises:
            ValueError: as `parse`.
        """
        return cls.parse(to_json(dict(fields), inf_nan_mode="constants"))

    @classmethod
    def from_file(cls, path: Path, kind: str, remedy: str) -> Self:
        """From a file, also a gzipped one.

        Args:
            path: the file.
            what: what it should be, such as ``latency table``.
            remedy: what to do where it is not, such as ``profile again``.

        Raises:
            InputError: the file is missing, damaged, or something else.
        """
        raw = unpacked(path, read_limited(path, kind=kind))
        try:
            return cls.parse(raw)
        except ValueError as error:
            raise InputError(f"{shown(path)} is not a {kind}: {error}; {remedy}.") from error


class WithFigures(Document):
    """A document with what a device may tell of a model beside its latency: for each of `EXTRA` a field of that name,
    null where the device did not tell it.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, NotNegative | None] = Field(init=False)

    @model_validator(mode="after")
    def _has_those_declared(self) -> Self:
        told = self.__pydantic_extra__
        if unknown := [name for name in told if name not in EXTRA]:
            raise ValueError(f"there is no field {quoted(unknown[0])}")
        for name in EXTRA:
            told.setdefault(name, None)
        return self

    @property
    def extra(self) -> dict[str, float]:
        """What was told, by name."""
        return {name: told for name in EXTRA if (told := self.__pydantic_extra__.get(name)) is not None}


_CARD = TypeAdapter(DeviceCard)


def _card_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return _CARD.validate_json(json.dumps(fields)).to_dict()


CardFields = Annotated[dict[str, Any], AfterValidator(_card_fields)]
"""A device card as its fields, for documents that hand them on."""


class _Moment(Document):
    model_config = ConfigDict(extra="ignore")

    others_busy: NotNegative | None = None


class CardHolder(Document):
    """The card, and how many processors' worth of other work there was when it was made.

    All else is left to whoever reads that kind of file.
    """

    model_config = ConfigDict(extra="ignore")

    device: DeviceCard
    protocol: _Moment | None = None

    @classmethod
    def anywhere(cls, raw: bytes) -> Self:
        """Of such a file, or of a card alone, whose field `device` is its device string.

        Raises:
            ValueError: it is neither.
        """
        content = strict_json(raw)
        alone = isinstance(content, Mapping) and isinstance(content.get("device"), str)
        return cls.of_fields({"device": content}) if alone else cls.parse(raw)

    @property
    def others_busy(self) -> float | None:
        """Of the moment, None where the file does not tell."""
        return None if self.protocol is None else self.protocol.others_busy


def _other_schema(kind: type[Document], content: object) -> str:
    """What is wrong with a file whose schema is another one; nothing where that is not so, or not known."""
    field = kind.model_fields.get("schema_version")
    version = content.get("schema_version") if isinstance(content, Mapping) else None
    if field is None or type(version) is not int or version in get_args(field.annotation):
        return ""
    ours = ", ".join(map(str, get_args(field.annotation)))
    return (
        f"its schema_version is {quoted(version)} and this version of hwnas reads {ours}, so another version wrote it"
    )


def _when(kind: type[Document], error: ValidationError) -> str:
    """What files that have other fields may come from, of kinds that have a schema."""
    other_fields = error.errors(include_url=False, include_input=False)[0]["type"] in _OTHER_FIELDS
    return ", as in files of another version of hwnas" if other_fields and "schema_version" in kind.model_fields else ""


def first_fault(error: ValidationError) -> str:
    """Where the first thing is that is wrong, and what."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the file"
    shown = place if len(place) <= _MOST_PLACE else f"{place[:_MOST_PLACE]}..."
    said = first["msg"].removeprefix("Value error, ")
    return f"{quoted(shown)[1:-1]}: {quoted(said)[1:-1]}"


def inside(name: str, value: float | None, interval: tuple[float, float] | None) -> None:
    """For validators: an interval is (low, high), and its figure lies in it.

    Raises:
        ValueError: it does not.
    """
    if interval is None:
        return
    low, high = interval
    slack = 1e-9 * max(abs(low), abs(high))  # of rounding: the interval of a share of 1 may end just below it
    if low > high or (value is not None and not low - slack <= value <= high + slack):
        figure = "" if value is None else f" around {value:g}"
        raise ValueError(f"{name} should have an interval (low, high){figure}, got {low:g} to {high:g}")


def distinct(place: str, architectures: Iterable[Mapping[str, object]]) -> None:
    """For validators: no architecture is there twice.

    Raises:
        ValueError: one is.
    """
    seen = set[str]()
    for architecture in architectures:
        text = json.dumps(dict(architecture), sort_keys=True)
        if text in seen:
            raise ValueError(f"the architecture {quoted(text)[1:-1]} is in {place} twice")
        seen.add(text)
