"""Apple's processors, GPUs and Neural Engine through Core ML: ``coreml[:MLComputeUnits]``."""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "CoreMLExecutionProvider",
    "onnxruntime",
    options={
        "MLComputeUnits": "ALL",
        "ModelFormat": "MLProgram",
        "RequireStaticInputShapes": "",
        "ModelCacheDirectory": "",
    },
    address="MLComputeUnits",
)


def coreml(asked: DeviceString) -> Device:
    """The device of ``coreml[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
