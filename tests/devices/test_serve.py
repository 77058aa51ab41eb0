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

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        found = json.loads(self.process.stdout.readline())
        assert isinstance(found, dict)
        return found


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    made = FarEnd(tmp_path, 2.0)
    yield made
    made.process.kill()
    made.process.wait()
    for stream in (made.process.stdin, made.process.stdout):
        assert stream
        stream.close()


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
    models = tmp_path / "models"
    models.mkdir()
    for age, name in enumerate("abcd"):
        (models / f"{name}.onnx").write_bytes(b"0123456789")
        os.utime(models / f"{name}.onnx", (1000 - age, 1000 - age))
    server = _Server(tmp_path)
    assert list(server.answer({"do": "absent", "names": ["d"]}, b"")) == [{"absent": []}]
    server.tidy()
    assert sorted(path.stem for path in models.iterdir()) == ["a", "d"]
