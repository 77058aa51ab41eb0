"""Devices that files name, such as a run's front or the manifest of a bundle.

A file may be a stranger's, and a device string can start programs, call other machines, and load libraries by path. So
only those are opened that are a name alone, or name an execution provider of this machine and settings of it that are
mere words.
"""

import re

from hwnas.contracts import finding
from hwnas.contracts.device import Device
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.objects import TOLD, is_object
from hwnas.devices._strings import BATCH, PRECISION, open_device, parse

RECORDS = {"table"}  # they answer from a file that is only read, and checked
LOCAL = {
    "cpu", "openvino", "cuda", "tensorrt", "xnnpack", "coreml", "nnapi", "qnn", "webgpu", "ep",
}  # fmt: skip
SETTINGS = {
    PRECISION, BATCH, "threads", "optimization", "arena", "spinning", "binding", "timeout", "device_type", "device_id",
    "num_streams", "MLComputeUnits", "ModelFormat", "RequireStaticInputShapes", "backend_type", "trt_fp16_enable",
    "trt_int8_enable", "use_tf32", "prefer_nhwc", "enable_cuda_graph", "cudnn_conv_algo_search",
    "enable_opencl_throttling", "htp_performance_mode", "enable_htp_fp16_precision", "powerPreference",
    "preferredLayout", "enableGraphCapture", "deviceId",
}  # fmt: skip
"""Options that name no program, library, folder or host; any other is the user's to give."""
_WORD = re.compile(r"[\w.+-]+", re.ASCII)
_SHOWN = 200


def open_stored(text: str, where: object) -> Device:
    """The device that the file `where` names.

    Raises:
        InputError: it names more than settings of this machine, or a device of somebody's own; or as `open_device`.
    """
    if parse(text).name not in finding.names("devices"):
        raise InputError(
            f"{where} names the device {quoted(text[:_SHOWN])}, which is none of hwnas's; if it is yours, give it with "
            f"--device {TOLD}."
        )
    if not is_plain(text):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise InputError(
            f"{where} names the device {quoted(shown)}, which may start a program or reach another machine, and "
            "that is not done on a file's word; if it is yours, give it with --device."
        )
    return open_device(text)


def is_plain(text: str) -> bool:
    """Whether a file's word is enough to open this device. Raises as `parse`."""
    asked = parse(text)
    if is_object(asked.name) or asked.name not in finding.names("devices"):
        return False
    if not asked.options and (asked.name in RECORDS or not asked.address):
        return True
    words = [asked.address, *asked.options.values()] if asked.address else list(asked.options.values())
    return asked.name in LOCAL and asked.options.keys() <= SETTINGS and all(map(_WORD.fullmatch, words))
