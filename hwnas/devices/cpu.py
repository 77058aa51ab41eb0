"""The processor of this machine, through ONNX Runtime; options as in `hwnas.devices._provider`."""

from hwnas.contracts.device import Device
from hwnas.devices._provider import PROCESSOR, provider_device
from hwnas.devices._strings import DeviceString


def cpu(asked: DeviceString) -> Device:
    """The device of ``cpu[:threads=,optimization=,arena=,spinning=,python=,timeout=]``."""
    return provider_device(asked, PROCESSOR)
