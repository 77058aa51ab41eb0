"""Settings of a space, as they come from a name, a file or Python."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from hwnas.contracts.errors import InputError, quoted

Settings = TypeVar("Settings")


def of_space(name: str, kind: type[Settings], parameters: Mapping[str, object]) -> tuple[Settings, dict[str, object]]:
    """Settings of `kind`, a dataclass with a default for each field, and `parameters` as they go into a record.

    Args:
        name: of the space, as an error should call it.
        kind: what it is made with.
        parameters: some of its fields; each must be like the default: of the same kind, and a number positive.

    Raises:
        InputError: a setting is unknown, or not like its default.
    """
    accepted: dict[str, Any] = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()}
    for key, value in frozen.items():
        if key not in accepted:
            raise InputError(f"Space {name!r} has no setting {quoted(key)}; it has {', '.join(accepted)}.")
        if not _resembles(value, accepted[key]):
            raise InputError(f"Space {name!r} needs {key} like {accepted[key]!r}, got {quoted(value)}.")
    return kind(**frozen), frozen


def _resembles(value: object, default: object) -> bool:
    """Of the same kind as the default: a positive number, a word, a switch, or several of them."""
    if isinstance(default, tuple):
        return isinstance(value, tuple) and value != () and all(_resembles(v, default[0]) for v in value)
    return type(value) is type(default) and (type(value) is not int or value > 0)
