"""What a session of timing leaves in the record of its device, and gets from it."""

from pathlib import Path

from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.level import Level
from hwnas.contracts.temporary import temporary_folder
from hwnas.profiling.presets import find_preset
from hwnas.profiling.probe import write_probe
from hwnas.profiling.speeds import SpeedRecord
from hwnas.profiling.stopwatch import Profile, time_models


def remember(device: Device, reference: Path, profile: Profile) -> Level:
    """Keep the speed of a session that is just over, and that of the speed probe, timed now; what is known of the level
    at which its latencies are stated.

    Raises:
        DeviceError: the device fails.
    """
    record = SpeedRecord(device.card())
    with temporary_folder() as folder:
        probe = write_probe(folder)
        speeds = {reference: profile.scale.seen_ms}
        try:
            beside = time_models(device, [probe], reference, find_preset("rapid"))
        except DeviceError as error:
            if str(probe) not in str(error):
                raise
        else:
            times = beside.latencies[0].latency_ms / beside.scale.reference_ms
            speeds[probe] = times * profile.scale.seen_ms
        record.keep(speeds, profile.others_busy)
        return known_level(device, reference, profile.scale.reference_ms)


def known_level(device: Device, reference: Path, stated_ms: float) -> Level:
    """What is remembered of the device, for latencies stated at the speed at which the reference takes `stated_ms`."""
    with temporary_folder() as folder:
        return SpeedRecord(device.card()).level([reference, write_probe(folder)], stated_ms)
