"""What leaves the house says which kind of device was measured, and not whose: no user, host, serial number or path."""

import getpass
import platform
import re
from collections.abc import Callable
from contextlib import suppress

from pydantic import JsonValue

from hwnas.devices._strings import parse

LEFT_OUT = "(left out)"
_PATH = re.compile(r"(?<![\w./])(~|[A-Za-z]:)?[\\/](?=[^\s\\/])[^\s,;'\"]*")
_PERSON = re.compile(r"[\w.+-]+@[\w.-]+")


def without_owner(device: str) -> str:
    """A device string without its address, unless that is a number or an execution provider, and without paths.

    >>> without_owner("ssh://me@lab:22,threads=2,python=/home/me/bin/python")
    'ssh:threads=2'
    """
    asked = parse(device)
    address = asked.address if asked.address.isdigit() or asked.name == "ep" else ""
    options = [f"{name}={value}" for name, value in asked.options.items() if _scrubbed(value) == value]
    rest = ",".join(filter(None, (address, *options)))
    return f"{asked.name}:{rest}" if rest else asked.name


def anonymous(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Fields of a card or record, with what tells user, host or absolute paths left out of every text in them."""
    scrub = _scrubber()
    told = {name: _mapped(value, scrub) for name, value in fields.items()}
    device = fields.get("device")
    if isinstance(device, str):
        told["device"] = without_owner(device)
    return told


def _mapped(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    if isinstance(value, dict):
        return {name: _mapped(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


def _scrubber() -> Callable[[str], str]:
    """Paths and addresses wherever they stand; this machine's own names as whole words."""
    names = {platform.node()}
    with suppress(OSError, KeyError, ImportError):  # a user without an entry
        names.add(getpass.getuser())
    words = "|".join(re.escape(name) for name in names if len(name) > 2)
    own = re.compile(rf"(?<![\w-])({words})(?![\w-])") if words else None

    def scrub(text: str) -> str:
        text = _scrubbed(text)
        return own.sub(LEFT_OUT, text) if own else text

    return scrub


def _scrubbed(text: str) -> str:
    return _PATH.sub(LEFT_OUT, _PERSON.sub(LEFT_OUT, text))
