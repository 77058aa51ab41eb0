"""What a model costs a process beside time: loading it, and memory. Run as a program, in a process of its own.

Every model is loaded in a fork of a process that has imported the runtime and done nothing else, so that each starts
from the same state and leaves nothing behind. Its memory is what the fork's resident memory grew by at its peak, less
what the runtime's own code took when it was first used. Only where the system tells that, which is on Linux.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypedDict

from hwnas.contracts.errors import DeviceError
from hwnas.devices._interpreter import python_for
from hwnas.devices._runner import precedence
from hwnas.devices._session import ModelRefusedError, Sessions
from hwnas.devices._watchdog import ModelHungError

LOADS = 2  # the quicker one counts: the first one prepares the runtime too
RUNS = 3
STARTING_SECONDS = 60.0  # to import the runtime
ENDING_SECONDS = 5.0  # to end a model's process, and itself
STATUS = Path("/proc/self/status")
ASKED = {"VmHWM", "VmRSS", "RssFile"}
READY = "ready"
BEAT = b"\n"  # no harm before an answer
MOST_BYTES = 2**16
Message = dict[str, Any]


class Footprint(TypedDict):
    """Loading time in ms, and the peak of the memory that loading and running added to a process, in bytes."""

    load_ms: float
    peak_memory_bytes: float


def can_tell() -> bool:
    """Whether this system says what memory a process takes."""
    return _resident().keys() == ASKED


def footprints(sessions: Sessions, models: Sequence[str], patience_seconds: float) -> Iterator[Footprint]:
    """One per model, in order; in another process. Loading one, or a run, may take so many seconds.

    Raises:
        ModelRefusedError: a model cannot be loaded or run, or brings its process down.
        ModelHungError: a model takes too long.
        DeviceError: that other process cannot be started.
    """
    reading, writing = os.pipe()  # its own way to answer: what libraries print must not come between
    command = python_for("hwnas.devices._footprint", str(writing))
    with os.fdopen(reading) as answers, tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                pass_fds=[writing],
                bufsize=0,
            )
        finally:
            os.close(writing)
        with _ended(process):
            if not _started(process, answers):
                said.seek(0)
                last = said.read().decode(errors="replace").strip().rpartition("\n")[2][:200] or "it said nothing"
                raise DeviceError(
                    f"{sys.executable} did not get ready to weigh models in {STARTING_SECONDS:g} s: {last}; see that "
                    "it can import onnxruntime."
                )
            _ask(process, answers, {"sessions": asdict(sessions), "seconds": patience_seconds})
            for model in models:
                reply = _ask(process, answers, {"model": model})
                if "late" in reply:
                    raise ModelHungError(f"{model} has not returned for {patience_seconds:g} s")
                if "load_ms" not in reply:
                    raise ModelRefusedError(reply.get("refused", f"{model} brought the process down that loaded it"))
                yield Footprint(load_ms=reply["load_ms"], peak_memory_bytes=reply["peak_memory_bytes"])


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Afterwards it has ended, and what it started: at once where somebody stops us, whatever a model is at."""
    with process:
        try:
            yield
        except BaseException:
            process.terminate()
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _started(process: subprocess.Popen[bytes], answers: IO[str]) -> bool:
    soon, _, _ = select.select([answers], [], [], STARTING_SECONDS)
    if not soon:
        process.kill()
    return answers.readline().strip() == READY


def _ask(process: subprocess.Popen[bytes], answers: IO[str], question: Message) -> Message:
    """What is answered to it; nothing by a process that has died."""
    assert process.stdin is not None  # noqa: S101  it is a pipe
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(question).encode() + b"\n")
    return json.loads(answers.readline() or "{}")  # type: ignore[no-any-return]  # as said


def weigh(sessions: Sessions, model: str, beat: Callable[[], object]) -> Footprint:
    """Load and run a model here, where nothing else has been loaded; `beat` is called before each time."""
    before = _resident()
    durations = []
    for _ in range(LOADS):
        beat()
        began = time.perf_counter()
        run = sessions.load(model, 0)
        durations.append(1000 * (time.perf_counter() - began))
        if len(durations) == 1:
            for _ in range(RUNS):
                beat()
                run()
            after = _resident()
    grown = after["VmHWM"] - before["VmRSS"] - max(0, after["RssFile"] - before["RssFile"])
    return Footprint(load_ms=min(durations), peak_memory_bytes=max(0, grown))


def _resident() -> dict[str, int]:
    """What the system tells of `ASKED`, in bytes."""
    try:
        rows = (line.partition(":") for line in STATUS.read_text().splitlines())
    except OSError:
        return {}
    return {name: 1024 * int(value.split()[0]) for name, _, value in rows if name in ASKED}


def _in_fork(sessions: Sessions, model: str, seconds: float) -> Message:
    """The answer of a fork; nothing when it died, and that it is late when it was silent for so long."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with precedence():
                answer = json.dumps(weigh(sessions, model, lambda: os.write(writing, BEAT)))
        except Exception as error:  # noqa: BLE001  whatever it is, the parent must hear of it
            answer = json.dumps({"refused": str(error)})
        os.write(writing, answer.encode())
        os._exit(0)
    os.setpgid(child, child)  # so that whatever it starts ends with it
    os.close(writing)
    answered = b""
    try:
        while select.select([reading], [], [], seconds)[0]:
            piece = os.read(reading, MOST_BYTES)
            if not piece:
                return json.loads(answered.strip() or b"{}")  # type: ignore[no-any-return]  # as said
            answered += piece
        return {"late": True}
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)


def main() -> None:
    """Answer on the pipe that the first argument names: settings first, then models, one a line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # not without ending the fork
    import onnxruntime  # noqa: F401  so that every fork has it

    with os.fdopen(int(sys.argv[1]), "w") as out:

        def say(text: str) -> None:
            out.write(f"{text}\n")
            out.flush()

        say(READY)
        asked = json.loads(sys.stdin.readline())
        sessions = Sessions(**asked["sessions"])
        say("{}")
        for line in sys.stdin:
            say(json.dumps(_in_fork(sessions, json.loads(line)["model"], asked["seconds"])))
