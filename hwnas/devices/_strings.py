"""Device strings: ``name``, ``name:option=value,...`` or ``name:address,option=value,...``.

The name is that of a device, or ``FILE.py:NAME`` of one's own: a function like theirs, or a `Device`.

Two options belong to all devices: ``precision=int8`` is any of them for the INT8 versions of models (see `_int8`),
``batch=8`` for so many examples per run (see `_batched`).
The thing `x` of this room is a function from a `DeviceString` to a `Device`. It names its options with the texts
each may take, the default first, and leaves checking them to `read_options`, so every device refuses in one voice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hwnas.contracts import finding
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.numbers import whole
from hwnas.contracts.objects import is_object

PRECISION = "precision"
PRECISIONS = ("float32", "int8")
BATCH, MOST_BATCH = "batch", 1024


@dataclass(frozen=True)
class DeviceString:
    """A parsed device string; `address` is the part after the colon that is not an option, or empty."""

    name: str
    address: str
    options: Mapping[str, str]


def parse(text: str) -> DeviceString:
    """Take a device string apart; spaces around the parts do not matter.

    Paths may hold commas, unless what follows one reads like an option.

    Raises:
        InputError: an empty name or option, an option given twice, or a second address.
    """
    name, _, rest = (part.strip() for part in text.partition(":"))
    if is_object(text):
        attribute, _, rest = (part.strip() for part in rest.partition(":"))
        name = f"{name}:{attribute}"
    parts = _parts(rest) if rest else []
    address = parts.pop(0) if parts and _is_address(parts[0]) else ""
    options: dict[str, str] = {}
    for part in parts:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value) or key in options:
            raise InputError(
                f"A device string is name:option=value,..., each option once, got {quoted(text)}; mend {quoted(part)}."
            )
        options[key] = value
    if not name:
        raise InputError(f"A device string starts with the device's name, got {quoted(text)}; write for example 'cpu'.")
    return DeviceString(name, address, options)


def _parts(rest: str) -> list[str]:
    """What commas part; one within a path parts nothing."""
    parts: list[str] = []
    for piece in rest.split(","):
        if parts and "/" in parts[-1] and piece.strip() and _is_address(piece):
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    return [part.strip() for part in parts]


def _is_address(part: str) -> bool:
    """No option; paths of files may have an equals sign."""
    name, equals, _ = part.partition("=")
    return not equals or "/" in name or part.endswith(".json")


def read_options(
    asked: DeviceString,
    allowed: Mapping[str, Sequence[str]],
    *,
    free: Mapping[str, str] | None = None,
    prefix: str = "",
) -> dict[str, str]:
    """Every allowed option with the text asked for, or its default, which is the first of its allowed texts.

    Options in `free` take any text and have the default given there; those that begin with `prefix`, if that is not
    empty, are let through as they are.

    Raises:
        InputError: an unknown option or a text that is not allowed; the message lists those that are.
    """
    free = free or {}
    options = {**{name: _shown(values) for name, values in allowed.items()}, **dict.fromkeys(free, "...")}
    others: dict[str, str] = {}
    for name, value in asked.options.items():
        if prefix and name.startswith(prefix) and name != prefix:
            others[name] = value
        elif name not in options:
            listed = ", ".join(f"{option}={texts}" for option, texts in options.items()) or "none"
            nearest = f" (nearest: {quoted(nearest_first(name, options)[0])})" if options else ""
            raise InputError(
                f"Device {quoted(asked.name)} has no option {quoted(name)}{nearest}; its options: {listed}."
            )
        elif name in allowed and value not in allowed[name]:
            raise InputError(
                f"Option {quoted(name)} of device {quoted(asked.name)} takes {_shown(allowed[name])}, got "
                f"{quoted(value)}; use one."
            )
    defaults = {**{name: values[0] for name, values in allowed.items()}, **free}
    return {**{name: asked.options.get(name, default) for name, default in defaults.items()}, **others}


def _shown(values: Sequence[str]) -> str:
    return "|".join(values) if len(values) <= 8 else f"{values[0]}..{values[-1]}"


def open_device(text: str) -> Device:
    """The device a string names, such as ``cpu`` or ``cpu:threads=2``; ``card().device`` is its canonical string.

    Raises:
        InputError: no such device (the message lists those there are, nearest first), or a wrong option.
    """
    asked = parse(text)
    own = {key: value for key, value in asked.options.items() if key not in {PRECISION, BATCH}}
    named = finding.told("devices", asked.name)
    if isinstance(named, Device) and (own or asked.address):
        raise InputError(f"{quoted(asked.name)} is a device already, so it takes no options; make it a function of "
                         "a DeviceString, or leave them out.")  # fmt: skip
    if not isinstance(named, Device) and not callable(named):
        raise InputError(f"{quoted(asked.name)} should be a Device or a function, got {type(named).__name__}; name "
                         "one.")  # fmt: skip
    device = named if isinstance(named, Device) else named(replace(asked, options=own))
    if not isinstance(device, Device):
        raise InputError(
            f"The plug-in {quoted(asked.name)} of devices should give a Device, got {type(device).__name__}; mend it."
        )
    precision = asked.options.get(PRECISION, PRECISIONS[0])
    if precision not in PRECISIONS:
        raise InputError(
            f"Option {PRECISION!r} of device {quoted(asked.name)} takes {_shown(PRECISIONS)}, "
            f"got {quoted(precision)}; use one."
        )
    said = asked.options.get(BATCH, "1")
    option = f"option {BATCH!r} of device {quoted(asked.name)}"
    batch = whole(option, int(said) if said.isdecimal() else said, 1, MOST_BATCH)
    device = device if precision == PRECISIONS[0] else _in_int8(device)
    return device if batch == 1 else _in_batches(device, batch)


def _in_batches(device: Device, batch: int) -> Device:
    from hwnas.devices._batched import BatchedDevice

    return BatchedDevice(_timing(device, BATCH), batch)


def _in_int8(device: Device) -> Device:
    from hwnas.devices._int8 import Int8Device

    return Int8Device(_timing(device, PRECISION))


def _timing(device: Device, option: str) -> Device:
    from hwnas.devices._recorded import RecordedDevice

    if isinstance(device, RecordedDevice):
        raise InputError(f"{device.card().device} is a record and times nothing, so it has no {option!r}; drop it.")
    return device
