"""NVIDIA GPUs through CUDA: ``cuda[:device_id]``. Inputs and outputs stay in the GPU's memory."""

from hwnas.contracts.device import Device
from hwnas.devices._nvidia import graphics_card
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "CUDAExecutionProvider",
    "onnxruntime-gpu",
    options={
        "device_id": "0",
        "cudnn_conv_algo_search": "",
        "use_tf32": "",
        "prefer_nhwc": "",
        "enable_cuda_graph": "",
    },
    address="device_id",
    memory="cuda",
    facts=graphics_card,
)


def cuda(asked: DeviceString) -> Device:
    """The device of ``cuda[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
