"""A device that is not at hand, by its latency table: ``table:FILE``, the file of `hwnas profile` or `hwnas import`.

A search takes latencies from the table: measured ones where the architecture is in it, else what a predictor fitted on
it says, or the sum of its operators. They are marked as such wherever they go, and nothing is timed.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from hwnas.contracts.device import FROM_A_TABLE, Device, DeviceCard
from hwnas.contracts.errors import InputError
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
    path = Path(asked.address)
    try:
        raw = path.read_bytes()
        card = DeviceCard(**json.loads(raw)["device"])
        settings = {**card.settings}
    except OSError as error:
        raise InputError(f"Cannot read the latency table {path}: {error.strerror}; check the path.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a latency table; make one with `hwnas profile` or `hwnas import`.") from error
    settings |= {
        "latencies": FROM_A_TABLE,
        "measured_on": card.device,
        "table_sha256": hashlib.sha256(raw).hexdigest()[:12],
    }
    return RecordedDevice(path, replace(card, device=f"table:{path}", settings=settings))
