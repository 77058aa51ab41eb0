"""A conversation with the far end of a remote device, over the input and output of a local program (ssh, adb)."""

import json
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

from hwnas.contracts.errors import DeviceError, quoted

BEAT_SECONDS = 4.0  # the far end is told that it is still listened to
SILENCE_SECONDS = 20.0  # and ends itself when it has not been told for so long
WRITING_SECONDS = 60.0  # for a piece of CHUNK_BYTES to be taken; slower than that is a line that hangs
CHUNK_BYTES = 2**18
MOST_WAITING, MOST_LINE_BYTES = 1000, 2**22  # of a far end that never ends, so that it does not fill the memory here
Message = dict[str, Any]


class LineLostError(Exception):
    """The program has ended, or does not take what it is sent; `errors` is what it said, `code` its exit code."""

    def __init__(self, code: int | None, errors: str) -> None:
        super().__init__(f"exit code {code}: {errors}")
        self.code = code
        self.errors = errors


class SilentError(Exception):
    """No answer came in time."""


class Line:
    """Starts a program and speaks with it; not for several threads.

    Raises:
        DeviceError: the program cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            self._errors.close()
            raise DeviceError(
                f"The program {quoted(command[0])} is needed to reach the device: {error.strerror}; install it."
            ) from error
        self._answers: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        self._last_beat = time.monotonic()
        self._closed = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def open(self, opening: bytes) -> None:
        """Send what makes the program ready for messages. Raises `LineLostError`."""
        self._write(opening)

    def send(self, message: Message, payload: bytes = b"") -> None:
        """One message and the bytes that belong to it. Raises `LineLostError`."""
        if payload:
            message = {**message, "bytes": len(payload)}
        self._write(json.dumps(message).encode() + b"\n" + payload)

    def receive(self, seconds: float) -> Message:
        """The next message. What is not one, such as a greeting of the machine, is passed over.

        Raises:
            LineLostError: there will not be any.
            SilentError: none came in `seconds`.
        """
        end = time.monotonic() + seconds
        while True:
            if time.monotonic() - self._last_beat >= BEAT_SECONDS:
                self._write(b"\n")
            try:
                line = self._answers.get(timeout=max(0.0, min(BEAT_SECONDS, end - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= end:
                    raise SilentError from None
                continue
            if not line:
                raise self._lost()
            if (message := _message(line)) is not None:
                return message
            if time.monotonic() >= end:
                raise SilentError

    def close(self) -> None:
        """End the program, whatever it does; again is no harm."""
        self._closed = True
        assert self._process.stdin is not None  # noqa: S101  they are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._process.kill()
        self._process.wait()
        with suppress(OSError):  # there may be something left to write, and nobody to take it
            self._process.stdin.close()
        self._listener.join(timeout=5)  # a child of the program may hold its output open
        if not self._listener.is_alive():
            self._process.stdout.close()
        self._errors.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        while line := self._process.stdout.readline(MOST_LINE_BYTES):
            self._tell(line)
        self._tell(b"")

    def _tell(self, line: bytes) -> None:
        """Give a line to who receives; while nobody takes any, the far end has to wait until it is ended."""
        while not self._closed:
            with suppress(queue.Full):
                self._answers.put(line, timeout=0.1)
                return

    def _write(self, data: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None  # noqa: S101  it is a pipe
        for start in range(0, len(data), CHUNK_BYTES):
            watch = threading.Timer(WRITING_SECONDS, self._process.kill)
            watch.start()
            try:
                stream.write(data[start : start + CHUNK_BYTES])
                stream.flush()
            except OSError:
                raise self._lost() from None
            finally:
                watch.cancel()
        self._last_beat = time.monotonic()

    def _lost(self) -> LineLostError:
        try:
            code: int | None = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        self._errors.seek(0)
        return LineLostError(code, self._errors.read()[-4000:].decode(errors="replace").strip())


def _message(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
