"""Does a model keep its budget on a device, now?"""

from dataclasses import asdict, dataclass
from pathlib import Path

from hwnas.contracts.errors import InputError
from hwnas.devices import open_device
from hwnas.export import manifest as manifests
from hwnas.profiling.presets import find_preset
from hwnas.profiling.stopwatch import time_models


@dataclass(frozen=True)
class Checked:
    """The verdict; `kept` only if the whole interval is within the budget. `verified`: the manifest's hash fits;
    None without a manifest.
    """

    model: str
    device: dict[str, object]
    budget_ms: float
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    kept: bool
    verified: bool | None

    def to_dict(self) -> dict[str, object]:
        """Plain JSON-able fields."""
        return asdict(self)


def check_model(path: Path, device: str, budget_ms: float, preset: str) -> Checked:
    """Time `path`, with itself as reference: its quiet latency, and the spread over rounds.

    Raises:
        InputError: there is no such file, or it is not the one its manifest speaks of.
        DeviceError: the device fails or refuses it.
    """
    if not path.is_file():
        raise InputError(f"No model at {path}: expected an ONNX file; check the path.")
    verified = None
    if manifests.manifest_path(path).is_file():
        manifests.verify(path)
        verified = True
    target = open_device(device)
    latency = time_models(target, [path], path, find_preset(preset)).latencies[0]
    bounds = (latency.low_ms, latency.high_ms)
    card = target.card().to_dict()
    return Checked(str(path), card, budget_ms, latency.latency_ms, bounds, latency.high_ms <= budget_ms, verified)
