"""Intel processors, GPUs and NPUs through OpenVINO: ``openvino[:device_type]``, such as ``openvino:GPU``.

Its own option `precision` is written ``o.precision``, since ``precision`` is one of all devices.
"""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "OpenVINOExecutionProvider",
    "onnxruntime-openvino",
    options={
        "device_type": "CPU",
        "num_streams": "1",
        "cache_dir": "",
        "enable_opencl_throttling": "",
    },
    address="device_type",
    on_processor=lambda options: options["device_type"] == "CPU",
    threads="num_of_threads",
)


def openvino(asked: DeviceString) -> Device:
    """The device of ``openvino[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
