"""What a model costs a process beside time: loading it, and memory. Run as a program, in a process of its own.

Every model is loaded in a fork of a process that has imported the runtime and done nothing else, so that each starts
from the same state and leaves nothing behind. Its memory is what the fork's resident memory grew by at its peak, less
what the runtime's own code took when it was first used. Linux only.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

from hwnas.devices._runner import precedence
from hwnas.devices._session import ModelRefusedError, Sessions

LOADS = 2  # the quicker one counts: the first one prepares the runtime too
RUNS = 3
PATIENCE_SECONDS = 60.0  # per model
STATUS = Path("/proc/self/status")


class Footprint(TypedDict):
    """Loading time in ms, and the peak of the memory that loading and running added to a process, in bytes."""

    load_ms: float
    peak_memory_bytes: int


def footprints(sessions: Sessions, models: Sequence[str]) -> Iterator[Footprint]:
    """One per model, in order; in another process.

    Raises:
        ModelRefusedError: a model cannot be loaded or run, or brings its process down, or takes too long.
    """
    command = [sys.executable, "-m", "hwnas.devices._footprint"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    asked = "\n".join([json.dumps(asdict(sessions)), *models]) + "\n"
    patience = PATIENCE_SECONDS * (1 + len(models))
    try:
        done = subprocess.run(
            command, input=asked, env=environment, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelRefusedError(f"one of {len(models)} models took longer than {patience:g} s to load") from error
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for model, found in zip(models, answers + [{}] * len(models), strict=False):
        if "load_ms" not in found:
            raise ModelRefusedError(found.get("refused", f"{model} brought the process down that loaded it"))
        yield found


def weigh(sessions: Sessions, model: str) -> Footprint:
    """Load and run a model here, where nothing else has been loaded."""
    before = _resident()
    durations = []
    for _ in range(LOADS):
        began = time.perf_counter()
        run = sessions.load(model, 0)
        durations.append(1000 * (time.perf_counter() - began))
        if len(durations) == 1:
            for _ in range(RUNS):
                run()
            after = _resident()
    grown = after["VmHWM"] - before["VmRSS"] - max(0, after["RssFile"] - before["RssFile"])
    return Footprint(load_ms=min(durations), peak_memory_bytes=max(0, grown))


def _resident() -> dict[str, int]:
    rows = (line.split() for line in STATUS.read_text().splitlines())
    return {row[0].rstrip(":"): 1024 * int(row[1]) for row in rows if row[0] in {"VmHWM:", "VmRSS:", "RssFile:"}}


def _in_fork(sessions: Sessions, model: str) -> str:
    """The answer of a fork, as JSON; empty when it died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with precedence():
                answer = json.dumps(weigh(sessions, model))
        except Exception as error:  # noqa: BLE001  whatever it is, the parent must hear of it
            answer = json.dumps({"refused": str(error)})
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def main() -> None:
    """Answer paths, one a line, after a first line with the settings."""
    import onnxruntime  # noqa: F401  so that every fork has it

    sessions = Sessions(**json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        print(_in_fork(sessions, line.rstrip("\n")) or "{}", flush=True)  # noqa: T201  its only way to answer


if __name__ == "__main__":
    main()
