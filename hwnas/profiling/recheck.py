"""Does what a bundle promises hold on this machine, now? Needs Python, numpy and onnxruntime, and nothing else.

For each model of the folder: it is the file its manifest speaks of, it computes what it computed where it was bundled,
and it keeps its promise on latency, as it is seen now: of a strange machine nothing is remembered. The promise is the
budget it was made for; of a model without one, that it is not clearly slower than it was measured. It was made for one
device; the answer is about this one, and says so where they differ. Runs inside the runner that remote devices use (see
`hwnas.devices._pack`).
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import DeviceError, HwnasError, InputError, PromiseError
from hwnas.contracts.level import Level
from hwnas.contracts.objects import is_object
from hwnas.contracts.strict_json import strict_json
from hwnas.devices import open_device, open_stored
from hwnas.devices._session import CPU
from hwnas.profiling.bundle_outputs import compared
from hwnas.profiling.presets import PRESETS, find_preset
from hwnas.profiling.promise import refuse_the_machine, refuse_untold
from hwnas.profiling.stopwatch import time_models


@dataclass(frozen=True)
class Rechecked:
    """What came of one model; `broken` has a sentence per broken promise, `promise` says in words what was promised,
    `outputs_differ` is how far outputs are from those of the bundle, as a share of what is allowed for each; None where
    they cannot be compared, being of another shape or not finite. Of the `level` of a strange machine nothing is
    remembered but this session.
    """

    model: str
    precision: str
    device: DeviceCard
    latency_ms: float
    latency_ms_interval: tuple[float, float]
    promise: str
    outputs_differ: float | None
    verdict: str
    broken: tuple[str, ...]
    level: Level

    def words(self) -> str:
        """For people, in a few lines."""
        low, high = self.latency_ms_interval
        apart = "cannot be compared with those of the bundle"
        if self.outputs_differ is not None:
            apart = f"differ from those of the bundle by at most {self.outputs_differ:.1%} of what is allowed"
        return (
            f"{self.model} ({self.precision}) on {self.device.device}, {self.device.processor}, {self.device.runtime}: "
            f"{self.latency_ms:.3g} ms (95 % interval {low:.3g} to {high:.3g} ms).\n"
            f"  {self.level.words()}\n"
            f"  Promise: {self.promise}: {'broken' if self.broken else 'kept'}.\n"
            f"  The timing is {self.verdict}\n"
            f"  Outputs {apart}."
        )


def recheck(folder: Path, device: str | None, preset: str, budget_ms: float | None) -> list[Rechecked]:
    """Every model of a bundle, checked on `device`; by default on the provider and threads it was promised for.

    Raises:
        InputError: the folder is no bundle, a file in it was changed, or the budget is no latency.
        DeviceError: the device fails, or was too busy to say whether a model is too slow.
    """
    if budget_ms is not None and not _is_positive(budget_ms):
        raise InputError(f"A budget is a number of milliseconds above zero, got {budget_ms:g}.")
    paths = sorted(path for path in folder.glob("*.onnx") if path.with_suffix(".json").is_file())
    if not paths:
        raise InputError(f"No model with a manifest in {folder}; give the folder of a bundle.")
    return [_recheck(path, device, preset, budget_ms) for path in paths]


def _recheck(path: Path, device: str | None, preset: str, budget_ms: float | None) -> Rechecked:
    promised = _manifest(path)
    target = open_device(device) if device else open_stored(_usual(promised["device"]), path.with_suffix(".json"))
    differ = compared(path)
    profile = time_models(target, [path], path, find_preset(preset))
    latency, card = profile.latencies[0], target.card()
    budget_ms = budget_ms or promised["budget_ms"]
    broken = []
    if differ is None:
        broken.append(f"{path} computes something else here: outputs of another shape, or that are not finite.")
    elif differ > 1:
        broken.append(f"{path} computes something else here: an output differs by {differ:.3g} times what is allowed.")
    if budget_ms and latency.high_ms > budget_ms:
        refuse_the_machine(profile, path, latency.low_ms / budget_ms)
        broken.append(f"{path} is over its budget of {budget_ms:g} ms by {latency.high_ms - budget_ms:.3g} ms here.")
    slowest = None if budget_ms or not promised["latency_ms_interval"] else promised["latency_ms_interval"][1]
    if slowest and latency.low_ms > slowest:
        refuse_the_machine(profile, path, latency.low_ms / slowest)
        broken.append(
            f"{path} took up to {slowest:.3g} ms where it was measured, and takes {latency.low_ms:.3g} ms here."
        )
    if not broken and (promised_ms := budget_ms or slowest):
        refuse_untold(profile, path, (latency.high_ms if budget_ms else latency.low_ms) / promised_ms)
    said = f"at most {budget_ms or slowest:.3g} ms" if budget_ms or slowest else "none on latency"
    return Rechecked(
        path.name, promised["precision"], card, latency.latency_ms, (latency.low_ms, latency.high_ms),
        f"{said}{_elsewhere(promised['device'], card)}", differ,
        f"{profile.verdict.state}. {profile.verdict.advice}", tuple(broken),
        Level(virtual_machine=True if card.settings.get("virtual_machine") == "yes" else None),
    )  # fmt: skip


def _manifest(path: Path) -> dict[str, Any]:
    """What is promised of a model, once it is shown to be the one."""
    beside = path.with_suffix(".json")
    try:
        promised: dict[str, Any] = strict_json(beside.read_bytes())  # type: ignore[assignment]  # a TypeError, below
        stated = promised["sha256"]
        wrong = [name for name, fits in _WANTED.items() if name not in promised or not fits(promised[name])]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(f"{beside} is not a manifest ({_said(error)}); export the bundle again.") from error
    if wrong:
        raise InputError(
            f"{beside} lacks {', '.join(wrong)}, or has what makes no sense there; export the bundle again."
        )
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; copy the bundle again.") from error
    if digest != stated:
        raise InputError(f"{path} is not the file its manifest speaks of; copy the bundle again.")
    return promised


def _said(error: Exception) -> str:
    return "it has no sha256" if isinstance(error, KeyError | TypeError) else str(error)


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _is_interval(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_positive, value))


def _is_card(value: object) -> bool:
    words = ("processor", "runtime", "provider")
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in words)
        and type(value.get("threads")) is int
    )


_WANTED: dict[str, Callable[[object], bool]] = {
    "precision": lambda value: isinstance(value, str),
    "device": lambda value: value is None or _is_card(value),
    "budget_ms": lambda value: value is None or _is_positive(value),
    "latency_ms_interval": lambda value: value is None or _is_interval(value),
}
"""What a manifest must have, and what it may be."""


def _usual(card: dict[str, Any] | None) -> str:
    """The device string, on any machine, for what a card says of provider and threads; of a device of somebody's own,
    which nothing else stands for, its own.
    """
    if card is not None and is_object(own := str(card.get("device", "")).partition(",")[0]):
        return own
    if card is None or card["provider"] == CPU:
        return f"cpu:threads={card['threads'] if card else 1}"
    return f"ep:{card['provider']},threads={card['threads']}"


def _elsewhere(promised: dict[str, Any] | None, here: DeviceCard) -> str:
    """On what else it was promised, where that differs."""
    fields = ("processor", "runtime", "provider", "threads")
    was = [str(promised[name]) for name in fields if promised and promised[name] != here.to_dict()[name]]
    return f" on another machine ({', '.join(was)})" if was else ""


def main(folder: Path) -> None:
    """The command line of a bundle's ``recheck.py``; ends the process with 0, or an error's exit code."""
    parser = argparse.ArgumentParser(prog="recheck.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", help="device string, such as cpu:threads=2; by default as it was promised")
    parser.add_argument("--max-latency-ms", type=float, help="another budget than the one promised, in milliseconds")
    parser.add_argument("--preset", choices=list(PRESETS), default="normal", help="how thoroughly to time")
    parser.add_argument("--json", action="store_true", help="print one JSON object per model")
    asked = parser.parse_args()
    try:
        models = recheck(folder, asked.device, asked.preset, asked.max_latency_ms)
        for model in models:
            sys.stdout.write((json.dumps(asdict(model), allow_nan=False) if asked.json else model.words()) + "\n")
        broken = [sentence for model in models for sentence in model.broken]
        if broken:
            raise PromiseError(" ".join(broken))
    except HwnasError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except ImportError as error:
        sys.stderr.write(
            f"numpy and onnxruntime are needed, got: {error}; {sys.executable} -m pip install {error.name}\n"
        )
        sys.exit(DeviceError.exit_code)
