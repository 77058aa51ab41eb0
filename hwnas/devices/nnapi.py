"""Android's Neural Networks API, deprecated by Google and often slower than the processor: look at the shares."""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "NnapiExecutionProvider",
    "an onnxruntime built with --use_nnapi",
)


def nnapi(asked: DeviceString) -> Device:
    """The device of ``nnapi[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
