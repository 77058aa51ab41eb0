"""Arm, x86 and other processors through XNNPACK, whose kernels run in a thread pool of its own.

So ONNX Runtime has one thread beside that pool, which does not spin, as its documentation of the provider advises.
"""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "XnnpackExecutionProvider",
    "an onnxruntime built with --use_xnnpack",
    on_processor=lambda _options: True,
    threads="intra_op_num_threads",
    own_pool=True,
)


def xnnpack(asked: DeviceString) -> Device:
    """The device of ``xnnpack[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
