"""NVIDIA GPUs through TensorRT: ``tensorrt[:device_id]``. Engines are built while warming up, which is not timed.

What TensorRT cannot run stays on the GPU: CUDA is offered it before the processor is.
"""

from hwnas.contracts.device import Device
from hwnas.devices import cuda
from hwnas.devices._nvidia import graphics_card
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "TensorrtExecutionProvider",
    "onnxruntime-gpu",
    options={
        "device_id": "0",
        "trt_fp16_enable": "",
        "trt_int8_enable": "",
        "trt_engine_cache_enable": "",
        "trt_engine_cache_path": "",
        "trt_timing_cache_enable": "",
    },
    address="device_id",
    memory="cuda",
    second=cuda.PROVIDER.name,
    facts=graphics_card,
)


def tensorrt(asked: DeviceString) -> Device:
    """The device of ``tensorrt[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
