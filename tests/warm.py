"""Processes of the command line for little: forked, each, from one that has loaded everything and done nothing yet.

A process is a real one, with a number, a working folder, an environment and signals of its own; what it saves is to
load PyTorch and scikit-learn anew, which takes longer than most commands.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOADED = (
    "hwnas.cli.search",
    "hwnas.cli.train",
    "hwnas.pipeline.study",
    "hwnas.predictors.trees",
    "hwnas.spaces.mobilenetv3",
    "onnxruntime",
    "scipy.stats",
    "sklearn.tree",
    "torch._dynamo",
)


class Started:
    """Such a process: of `subprocess.Popen` what tests need.

    Args:
        server: of `warm`.
        order: what to run, see `_become`.
        place: a new folder for its output.
    """

    def __init__(self, server: "_Server", order: Mapping[str, object], place: Path) -> None:
        self._server, self._place = server, place
        place.mkdir()
        (place / "errors").touch()
        self.pid: int = server.ask({**order, "place": str(place)})
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, once there is one."""
        if self.returncode is None:
            self.returncode = self._server.ask({"ended": self.pid})
        return self.returncode

    def send_signal(self, number: int) -> None:
        """To it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """It, if it still runs."""
        self.send_signal(signal.SIGKILL)

    @property
    def errors(self) -> str:
        """What it has said so far."""
        return (self._place / "errors").read_text()

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Its output and errors, once it has ended."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return (self._place / "output").read_text(), self.errors


class _Server:
    def __init__(self, within: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*within, sys.executable, "-c", "import tests.warm; tests.warm._serve()"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order: Mapping[str, object]) -> Any:
        """The answer to an order."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@cache
def warm(within: tuple[str, ...] = ()) -> _Server:
    """The process to fork from, which runs as long as this one; started with the words `within` before it."""
    return _Server(within)


def _serve() -> None:
    """Answers orders until there are no more; a forked process leaves this function to run its order."""
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                return _become(order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return None


def _become(order: Mapping[str, Any]) -> None:
    """The process that `python -c code words` would have started: with its working folder, environment and output."""
    for number, name in enumerate((os.devnull, "output", "errors")):  # a device's name is a whole one, and stays it
        opened = os.open(Path(order["place"]) / name, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[1:1] = order["environment"]["PYTHONPATH"].split(os.pathsep)
    tempfile.tempdir = None  # what was loaded asked for it already
    for number in (signal.SIGHUP, signal.SIGQUIT):  # shells have them ignored by what they start in the background,
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as these tests may be
    sys.argv = ["-c", *order["words"]]
    exec(compile(order["code"], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102  a test's own code
