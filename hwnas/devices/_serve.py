"""The far end of a remote device: runs in the file of `_pack` on the other machine, and times models there.

It reads one JSON object a line from its input and answers in lines of JSON. A model comes as a line with its length,
then its bytes, compressed; it is kept under the digest of its content, so it travels once. Empty lines are beats: who
does not hear any for a while is cut off, and ends, so that a machine whose link was cut does not go on timing for
nobody, and is free for the next call. Two threads sleep or wait beside the timing; neither computes anything.
"""

import argparse
import hashlib
import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from hwnas.contracts.device import Device, TimingPlan
from hwnas.contracts.errors import DeviceError, HwnasError, InputError, quoted
from hwnas.devices import open_device
from hwnas.devices._cache import tidy

MAX_CACHE_BYTES = 2 * 2**30  # of models kept between calls; the least recently used go
CHUNK_BYTES = 2**16
Message = dict[str, Any]


class _Ear(threading.Thread):
    """Hears what is sent: requests into `inbox`, beats nowhere. Ends the process when nobody is there any more."""

    def __init__(self, source: BinaryIO, silence_seconds: float) -> None:
        super().__init__(daemon=True)
        self.inbox: queue.Queue[tuple[Message, bytes]] = queue.Queue()
        self._source = source
        self._silence = silence_seconds
        self._heard = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def run(self) -> None:
        for line in iter(self._source.readline, b""):
            self._heard = time.monotonic()
            if line.strip():
                request = json.loads(line)
                self.inbox.put((request, self._take(request.get("bytes", 0))))
        os._exit(0)  # a model may be running and never return, so no polite end is possible

    def _take(self, size: int) -> bytes:
        taken = bytearray()
        while len(taken) < size:
            piece = self._source.read(min(CHUNK_BYTES, size - len(taken)))
            if not piece:
                os._exit(0)
            taken += piece
            self._heard = time.monotonic()
        return bytes(taken)

    def _watch(self) -> None:
        while time.monotonic() - self._heard < self._silence:
            time.sleep(self._silence / 4)
        os._exit(1)


class _Server:
    """Answers requests with the devices of this machine; each is opened once."""

    def __init__(self, home: Path) -> None:
        self._models = home / "models"
        self._devices: dict[str, Device] = {}

    def answer(self, request: Message, payload: bytes) -> Iterator[Message]:
        """One or more answers; trouble is one too, and the last."""
        try:
            yield from getattr(self, f"_{request['do']}")(request, payload)
        except InputError as error:
            yield {"error": "input", "text": str(error)}
        except HwnasError as error:
            yield {"error": "device", "text": str(error)}
        except OSError as error:
            yield {"error": "device", "text": f"{self._models}: {error.strerror}; free space, or make it writable."}
        except Exception as error:  # noqa: BLE001  of a plug-in, say: it must be told there, or nobody learns of it
            said = f"{type(error).__name__}: {quoted(str(error))}"
            yield {"error": "device", "text": f"the device there failed ({said}); mend it, or choose another."}

    def _device(self, request: Message) -> Device:
        name = request["device"]
        if name not in self._devices:
            self._devices[name] = open_device(name)
        return self._devices[name]

    def _card(self, request: Message, _: bytes) -> Iterator[Message]:
        yield {"card": self._device(request).card().to_dict()}

    def _absent(self, request: Message, _: bytes) -> Iterator[Message]:
        yield {"absent": [name for name in request["names"] if not self._has(name)]}

    def _has(self, name: str) -> bool:
        """Whether a model is kept, and whole; a disk may have been full, and files change."""
        path = self._path(name)
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() != name:
                return False
            os.utime(path)  # recently used
        except FileNotFoundError:
            return False
        return True

    def _keep(self, request: Message, payload: bytes) -> Iterator[Message]:
        model, path = zlib.decompress(payload), self._path(request["name"])
        if hashlib.sha256(model).hexdigest() != request["name"]:
            raise DeviceError(f"A model of {len(model)} bytes arrived damaged; run the command again.")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_bytes(model)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        yield {"kept": request["name"]}

    def _measure(self, request: Message, _: bytes) -> Iterator[Message]:
        from hwnas.devices._shares import ShareWatcher  # late: it may need what `_greeting` finds lacking

        device = self._device(request)
        *models, reference = (self._path(name) for name in request["files"])
        for timing in device.measure(models, reference, TimingPlan(**request["plan"])):
            yield {"timing": asdict(timing)}
        yield {"shares": device.shares() if isinstance(device, ShareWatcher) else None}

    def _tells(self, request: Message, _: bytes) -> Iterator[Message]:
        from hwnas.devices._facts import told_by

        yield {"tells": sorted(told_by(self._device(request)))}

    def _examine(self, request: Message, _: bytes) -> Iterator[Message]:
        from hwnas.devices._facts import Examiner

        device = self._device(request)
        if isinstance(device, Examiner):
            for facts in device.examine([self._path(name) for name in request["files"]]):
                yield {"facts": asdict(facts)}
        yield {}

    def _path(self, name: str) -> Path:
        return self._models / f"{name}.onnx"

    def _operations(self, request: Message, _: bytes) -> Iterator[Message]:
        from hwnas.devices._wrapped import operations_of

        (name,) = request["files"]
        for operation in operations_of(self._device(request), self._path(name)):
            yield {"operation": operation}
        yield {}

    def _not_finite(self, request: Message, _: bytes) -> Iterator[Message]:
        from hwnas.devices._wrapped import not_finite_of

        (name,) = request["files"]
        for output in not_finite_of(self._device(request), self._path(name)):
            yield {"output": {"name": output}}
        yield {}

    def tidy(self) -> None:
        """Let go of the least recently used models beyond `MAX_CACHE_BYTES`."""
        tidy(self._models, MAX_CACHE_BYTES)


def serve(home: Path, silence_seconds: float) -> None:
    """Answer what comes from standard input on standard output, until the other end is gone."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the lines
    ear = _Ear(sys.stdin.buffer, silence_seconds)
    ear.start()

    def say(message: Message) -> None:
        out.write(json.dumps(message).encode() + b"\n")
        out.flush()

    try:
        server = _Server(home)
        server.tidy()
        say(_greeting())
        while True:
            for message in server.answer(*ear.inbox.get()):
                say(message)
    except BrokenPipeError:
        os._exit(0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)  # else Python dies of the thread that still reads, and its last words are of that


def _greeting() -> Message:
    """That all is well, or what has to be installed before anything can be timed here."""
    for name in ("numpy", "onnxruntime"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            said = f"{name} is needed there, got: {error}; install it there: {sys.executable} -m pip install {name}."
            return {"error": "device", "text": said}
    return {"hello": 1}


def time_here(model: Path, device: str, plan: TimingPlan) -> Message:
    """Card and timings of one model, with itself as reference."""
    opened = open_device(device)
    timings = [asdict(timing) for timing in opened.measure([model], model, plan)]
    return {"schema_version": 1, "model": model.name, "device": opened.card().to_dict(), "timings": timings}


def main() -> None:
    """The command line of the runner: ``time MODEL`` for people, ``serve HOME SILENCE`` for hwnas."""
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name, description="Times ONNX models on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    timing = commands.add_parser("time", help="time a model and print JSON")
    timing.add_argument("model", type=Path)
    timing.add_argument("--device", default="cpu", help="device string, such as cpu:threads=2")
    timing.add_argument("--rounds", type=int, default=8)
    timing.add_argument("--min-runs", type=int, default=10)
    timing.add_argument("--min-seconds", type=float, default=0.04)
    serving = commands.add_parser("serve", help="answer hwnas over standard input and output")
    serving.add_argument("home", type=Path)
    serving.add_argument("silence", type=float)
    asked = parser.parse_args()
    if asked.command == "serve":
        serve(asked.home, asked.silence)
    plan = TimingPlan(asked.rounds, asked.min_runs, asked.min_seconds)
    try:
        sys.stdout.write(json.dumps(time_here(asked.model, asked.device, plan)) + "\n")
    except HwnasError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
