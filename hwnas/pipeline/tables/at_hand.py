"""An old table whose device is at hand is asked before it is used: its canaries are timed again."""

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices import open_device
from hwnas.devices._recorded import RecordedDevice
from hwnas.devices._stored import is_plain
from hwnas.pipeline.tables.reuse import check_table
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.profiling.drift import Drift, is_old
from hwnas.profiling.table import LatencyTable


def ask_canaries(
    table: LatencyTable, space: SearchSpace, device: Device | str | None, progress: Progress
) -> Drift | None:
    """What the canaries of a table say now, on `device` or, of an old table, on that of its card; None where that is
    not at hand, or the table has no canaries.

    Raises:
        InputError: `device` is another one than the table's, or the table has no canaries to ask.
        DeviceError: the table no longer holds, or `device` cannot tell.
    """
    askable = bool(table.canaries) and space.build is not None
    if device is not None:
        target = open_device(device) if isinstance(device, str) else device
        if not askable or target.card().id != table.device.id:
            raise InputError(
                f"The table is of {table.device.device} (card {table.device.id}) and has {len(table.canaries)} "
                f"canaries, got {target.card().device} (card {target.card().id}); leave --device out, or profile anew."
            )
        return _held(check_table(table, space, target, progress))
    here = _here(table) if askable and is_old(table) else None
    if here is None:
        return None
    try:
        drift = check_table(table, space, here, progress)
    except DeviceError:  # it was not asked for, and the table says how old it is
        return None
    return _held(drift)


def _held(drift: Drift) -> Drift:
    if drift.state == "refused":
        raise DeviceError(drift.words)
    return drift


def _here(table: LatencyTable) -> Device | None:
    """The table's device, where a file's word is enough to open it and it is the very same."""
    try:
        if not is_plain(table.device.device):
            return None
        device = open_device(table.device.device)
        same = not isinstance(device, RecordedDevice) and device.card().id == table.device.id
    except (InputError, DeviceError):
        return None
    return device if same else None
