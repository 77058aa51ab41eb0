"""A far end that says what makes no sense."""

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.contracts.device import Device, TimingPlan
from hwnas.contracts.errors import DeviceError
from hwnas.devices import open_device
from hwnas.devices._remote import RemoteDevice
from hwnas.testing._models import write_chain

PROGRAM = """
import json, re, sys
answers = json.loads(open(sys.argv[0] + ".json").read())
print(json.dumps({"motd": "welcome"}))
print(json.dumps({"hello": 1}), flush=True)
first = sys.stdin.buffer.readline()
sys.stdin.buffer.read(int(re.search(rb"read\\((\\d+)\\)", first)[1]))
for line in sys.stdin.buffer:
    if not line.strip():
        continue
    request = json.loads(line)
    sys.stdin.buffer.read(request.get("bytes", 0))
    found = [{"absent": []}] if request["do"] == "absent" else answers
    for answer in found if isinstance(found, list) else [found]:
        print(json.dumps(answer), flush=True)
"""
CARD = {"device": "cpu", "processor": "p", "cores": 1, "memory_bytes": 1, "system": "s", "runtime": "r",
        "provider": "CPUExecutionProvider", "threads": 1}  # fmt: skip
TIMING = {"model": 0, "round": 0, "runs": 1, "wall_ms": 1.0, "reference_wall_ms": 1.0}
TOLD = {"load_ms": 1.0, "peak_memory_bytes": 1, "p95_ms": 1.0}
FACTS = {"file_bytes": 1, "extra": TOLD}
OPERATION = {"name": "n", "kind": "MatMul", "provider": "p", "inputs": [1], "weights": [], "outputs": [1], "time_ms": 1}
FarEnd = Callable[[object], RemoteDevice]


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    """A device whose other end gives the same answers to whatever it is asked."""
    made: list[RemoteDevice] = []

    def make(answers: object) -> RemoteDevice:
        (tmp_path / "program.py").write_text(PROGRAM)
        (tmp_path / "program.py.json").write_text(json.dumps(answers))
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(f'{tmp_path}/program.py')}\n")
        program.chmod(0o755)
        device = open_device(f"cpu:python={program},timeout=60")
        assert isinstance(device, RemoteDevice)
        made.append(device)
        return device

    yield make
    for device in made:
        device.hang_up()


def measured(device: Device, model: Path) -> list[Any]:
    return list(device.measure([model], model, TimingPlan(1, 1, 0.0)))


def examined(device: RemoteDevice, model: Path) -> list[Any]:
    return list(device.examine([model]))


def asked_what(device: RemoteDevice, _: Path) -> list[Any]:
    return list(device.tells())


def looked_into(device: RemoteDevice, model: Path) -> list[Any]:
    return list(device.operations(model))


def asked_who(device: Device, _: Path) -> list[Any]:
    return [device.card()]


@pytest.mark.parametrize(
    ("do", "answers"),
    [
        (asked_who, [{"card": CARD}]),
        (measured, [{"timing": TIMING}, {"shares": None}]),
        (examined, [{"facts": FACTS}, {}]),
        (asked_what, [{"tells": ["load_ms"]}]),
        (looked_into, [{"operation": OPERATION}, {}]),
    ],
)
def test_what_makes_sense_is_taken(
    far_end: FarEnd, tmp_path: Path, do: Callable[..., list[Any]], answers: object
) -> None:
    assert len(do(far_end(answers), write_chain(tmp_path / "m.onnx", 1))) == 1


@pytest.mark.parametrize(
    ("do", "answers"),
    [
        (asked_who, [{"card": {}}]),
        (asked_who, [{"card": None}]),
        (asked_who, [{"kard": CARD}]),
        (asked_who, [{"card": {**CARD, "cores": "two"}}]),
        (measured, [{"timing": {**TIMING, "model": 7}}]),
        (measured, [{"timing": {**TIMING, "model": -1}}]),
        (measured, [{"timing": {**TIMING, "round": 3}}]),
        (measured, [{"timing": {**TIMING, "wall_ms": float("nan")}}]),
        (measured, [{"timing": {**TIMING, "wall_ms": -1.0}}]),
        (measured, [{"timing": {**TIMING, "wall_ms": "1.0"}}]),
        (measured, [{"timing": TIMING}, {"timing": TIMING}]),
        (measured, [{"timing": TIMING}, {"shares": {"p": 3}}]),
        (measured, [{"timing": [1, 2]}]),
        (examined, [{"facts": {**FACTS, "file_bytes": -1}}]),
        *((examined, [{"facts": {**FACTS, "extra": {**TOLD, "load_ms": v}}}]) for v in (None, float("inf"), -1.0)),
        (examined, [{"facts": {**FACTS, "extra": {**TOLD, "smell": 1.0}}}]),
        (asked_what, [{"tells": "load_ms"}]),
        (asked_what, [{}]),
        (looked_into, [{"operation": {**OPERATION, "time_ms": None}}]),
        (looked_into, [{"operation": "x" * 10_000}]),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    far_end: FarEnd, tmp_path: Path, do: Callable[..., list[Any]], answers: object
) -> None:
    with pytest.raises(DeviceError, match="gave an answer that makes no sense") as caught:
        do(far_end(answers), write_chain(tmp_path / "m.onnx", 1))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600 + len(str(tmp_path))


def test_trouble_without_words_is_trouble_all_the_same(far_end: FarEnd, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="python: None"):
        measured(far_end([{"error": 3}]), write_chain(tmp_path / "m.onnx", 1))
