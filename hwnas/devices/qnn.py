"""Qualcomm's processors through QNN: ``qnn[:backend_type]``; the NPU (htp) wants quantised models."""

from hwnas.contracts.device import Device
from hwnas.devices._provider import Provider, provider_device
from hwnas.devices._strings import DeviceString

PROVIDER = Provider(
    "QNNExecutionProvider",
    "onnxruntime-qnn",
    options={"backend_type": "htp", "backend_path": "", "htp_performance_mode": "", "enable_htp_fp16_precision": ""},
    address="backend_type",
)


def qnn(asked: DeviceString) -> Device:
    """The device of ``qnn[:option=value,...]``; options of the provider as above, others as in `_provider`."""
    return provider_device(asked, PROVIDER)
