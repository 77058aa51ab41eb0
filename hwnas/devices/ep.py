"""Any execution provider of ONNX Runtime by its name: ``ep:NAME[,option=value,...]``, such as ``ep:MIGraphX``.

The provider's own options are written ``o.NAME=VALUE``, the others are as in `hwnas.devices._provider`.
"""

from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError
from hwnas.devices._provider import PROCESSOR, Provider, provider_device
from hwnas.devices._strings import DeviceString

ENDING = "ExecutionProvider"


def ep(asked: DeviceString) -> Device:
    """The device of ``ep:NAME``; the ending ``ExecutionProvider`` may be left out of the name.

    Raises:
        InputError: no name, or a wrong option.
    """
    if not asked.address:
        raise InputError("Device 'ep' needs the name of an execution provider; write for example ep:MIGraphX.")
    name = asked.address.removesuffix(ENDING) + ENDING
    provider = Provider(
        name,
        "an onnxruntime that has it",
        on_processor=lambda _options: name == PROCESSOR.name,
    )
    return provider_device(DeviceString(asked.name, name, asked.options), provider)
