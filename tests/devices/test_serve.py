"""The far end, spoken to directly."""

import hashlib
import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.devices import _pack, _serve
from hwnas.devices._serve import _Server


class FarEnd:
    """A process that serves in `home`."""

    def __init__(self, home: Path, silence: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _pack.ONE_LINER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "XDG_CACHE_HOME": str(home)},
        )
        self.send(_pack.opening(silence))

    def send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ask(self, message: dict[str, Any], payload: bytes = b"") -> dict[str, Any]:
        self.send(json.dumps({**message, "bytes": len(payload)}).encode() + b"\n" + payload)
        return self.hear()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        found = json.loads(self.process.stdout.readline())
        assert isinstance(found, dict)
        return found


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    made = FarEnd(tmp_path, 2.0)
    yield made
    made.end()


def test_it_listens_on_while_it_hears_beats_and_ends_when_it_does_not(far_end: FarEnd) -> None:
    assert far_end.hear() == {"hello": 1}
    for _ in range(8):
        time.sleep(0.3)
        far_end.send(b"\n")
    assert far_end.ask({"do": "absent", "names": ["a"]}) == {"absent": ["a"]}
    assert far_end.process.wait(timeout=10) == 1


def test_it_ends_when_the_line_is_closed(far_end: FarEnd) -> None:
    far_end.hear()
    assert far_end.process.stdin
    far_end.process.stdin.close()
    assert far_end.process.wait(timeout=10) == 0


def test_a_model_that_arrives_damaged_is_not_kept(far_end: FarEnd, tmp_path: Path) -> None:
    far_end.hear()
    name = hashlib.sha256(b"model").hexdigest()
    assert "damaged" in far_end.ask({"do": "keep", "name": name}, zlib.compress(b"other"))["text"]
    assert not list((tmp_path / "hwnas").glob("models/*"))
    assert far_end.ask({"do": "keep", "name": name}, zlib.compress(b"model")) == {"kept": name}
    assert far_end.ask({"do": "absent", "names": [name]}) == {"absent": []}
    assert [path.read_bytes() for path in (tmp_path / "hwnas").glob("models/*")] == [b"model"]


def test_the_least_recently_used_models_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serve, "MAX_CACHE_BYTES", 25)
    names = [keep(tmp_path, f"{number:010}".encode(), 1000 - number) for number in range(4)]
    server = _Server(tmp_path)
    assert list(server.answer({"do": "absent", "names": [names[3]]}, b"")) == [{"absent": []}]
    server.tidy()
    assert {path.stem for path in (tmp_path / "models").iterdir()} == {names[0], names[3]}


def keep(home: Path, model: bytes, used: int) -> str:
    """A model in the cache; what it is called there."""
    name = hashlib.sha256(model).hexdigest()
    path = home / "models" / f"{name}.onnx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model)
    os.utime(path, (used, used))
    return name


@pytest.mark.parametrize("spoilt", [b"", b"mode", b"other"])
def test_a_kept_model_that_was_spoilt_is_asked_for_again(tmp_path: Path, spoilt: bytes) -> None:
    name = keep(tmp_path, b"model", 1000)
    server = _Server(tmp_path)
    (tmp_path / "models" / f"{name}.onnx").write_bytes(spoilt)
    assert list(server.answer({"do": "absent", "names": [name]}, b"")) == [{"absent": [name]}]
    assert list(server.answer({"do": "keep", "name": name}, zlib.compress(b"model"))) == [{"kept": name}]
    assert list(server.answer({"do": "absent", "names": [name]}, b"")) == [{"absent": []}]


@pytest.mark.parametrize("spoilt", [b"", b"raise SystemExit('not this one')"])
def test_a_kept_runner_that_was_spoilt_is_replaced(tmp_path: Path, spoilt: bytes) -> None:
    kept = tmp_path / "hwnas" / _pack.runner_name()
    kept.parent.mkdir()
    kept.write_bytes(spoilt)
    made = FarEnd(tmp_path, 20.0)
    try:
        assert made.hear() == {"hello": 1}
        assert kept.read_bytes() == _pack.runner()
    finally:
        made.end()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nowhere", "cannot be loaded: ModuleNotFoundError: \"No module named 'nowhere'\""),
        ("def broken(asked): raise ValueError('a\\nb')", r"failed (ValueError: 'a\nb')"),
        ("raise SystemExit(4)", "cannot be loaded: SystemExit: '4'"),
    ],
)
def test_a_device_plugged_in_there_that_fails_is_told_and_the_far_end_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    card = tmp_path / "plugged" / "stranger-1.0.dist-info"
    card.mkdir(parents=True)
    (card / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (card / "entry_points.txt").write_text("[hwnas.devices]\nbroken = its_module:broken\n")
    (tmp_path / "plugged" / "its_module.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "plugged"))
    made = FarEnd(tmp_path, 20.0)
    try:
        assert made.hear() == {"hello": 1}
        answer = made.ask({"do": "card", "device": "broken"})
        assert told in answer["text"]
        assert "\n" not in answer["text"]
        assert "card" in made.ask({"do": "card", "device": "cpu"})
    finally:
        made.end()
