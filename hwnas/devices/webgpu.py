"""GPUs of any maker through WebGPU (Vulkan, Metal or Direct3D 12 beneath)."""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "WebGpuExecutionProvider",
    "an onnxruntime built with --use_webgpu",
    options={"deviceId": "", "powerPreference": "", "preferredLayout": "", "enableGraphCapture": ""},
)


def webgpu(asked: DeviceString) -> Device:
    """The device of ``webgpu[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
