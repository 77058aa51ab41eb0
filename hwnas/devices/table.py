"""A device that is not at hand, by its latency table: ``table:FILE``, the file of `hwnas profile` or `hwnas import`.

A search takes latencies from the table: measured ones where the architecture is in it, else what a predictor fitted on
it says, or the sum of its operators. They are marked as such wherever they go, and nothing is timed.
"""

import hashlib
from dataclasses import replace

from hwnas.contracts.device import FROM_A_TABLE, Device
from hwnas.contracts.document import CardHolder
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import read_limited, unpacked
from hwnas.contracts.places import expanded
from hwnas.devices._recorded import RecordedDevice
from hwnas.devices._strings import DeviceString, read_options


def table(asked: DeviceString) -> Device:
    """The device of ``table:FILE``.

    Raises:
        InputError: no file, or not a latency table.
    """
    read_options(asked, {})
    if not asked.address:
        raise InputError("Device 'table' needs a latency table; write for example table:pixel4.json.")
    path = expanded(asked.address)
    raw = read_limited(path, kind="latency table")
    try:
        card = CardHolder.parse(unpacked(path, raw)).device
    except ValueError as error:
        raise InputError(
            f"{path} is not a latency table: {error}; make one with `hwnas profile` or `hwnas import`."
        ) from error
    settings = {
        **card.settings,
        "latencies": FROM_A_TABLE,
        "measured_on": card.device,
        "table_sha256": hashlib.sha256(raw).hexdigest()[:12],
    }
    return RecordedDevice(path, replace(card, device=f"table:{path}", settings=settings))
