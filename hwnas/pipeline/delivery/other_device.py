"""A front is of one device."""

from collections.abc import Mapping
from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError


def refuse_other_device(measured: Mapping[str, object], device: Device, folder: Path) -> None:
    """Latencies of another device (its card is `measured`), and their scale, say nothing about this one.

    Raises:
        InputError: it is another one.
    """
    now = device.card().to_dict()
    differing = [name for name in now if now[name] != measured.get(name)]
    if differing:
        name = differing[0]
        raise InputError(
            f"The front was measured on a device with {name} {measured.get(name)}, here {name} is {now[name]}; "
            f"search this device first with `hwnas search {folder} --device {now['device']}`."
        )
