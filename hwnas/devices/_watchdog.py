"""Calls that may never return, such as a run of a model with an endless loop.

Whoever is stuck in a runtime's native code cannot be interrupted by Python. So the work is done in a thread of its own,
which beats whenever it goes on, and the caller waits for the next beat. A silent thread is asked to stop in the way
the runtime has for it; one that does not even hear that stays behind, and ends with the process.
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

STOPPING_SECONDS = 10.0  # ONNX Runtime looks between two operators, and in a loop's every pass, whether to stop
ORDINARY = 0  # the nice value of whoever asks for nothing
Answer = TypeVar("Answer")


class ModelHungError(Exception):
    """A model has not returned; the text names it."""


class Watchdog:
    """Waits for calls, though not for ever.

    Args:
        patience_seconds: silence after which a call is given up.
        stop: asks what runs to stop (True), or allows it to run again (False).
    """

    def __init__(self, patience_seconds: float, stop: Callable[[bool], None]) -> None:
        self._patience = patience_seconds
        self._stop = stop
        self._heard = 0.0
        self._what = ""
        self._thread: threading.Thread | None = None
        self._stopping = False

    def beat(self, activity: str) -> None:
        """Say from within a call that it goes on, and what it is at: the path of a model."""
        self._what = activity
        self._heard = time.monotonic()

    def call(self, job: Callable[[], Answer]) -> Answer:
        """The answer of `job`, or what it raises.

        Raises:
            ModelHungError: it was silent for too long, or one that was before still runs.
        """
        if self._thread is not None:
            self._thread.join(STOPPING_SECONDS)
        if self._thread is not None and self._thread.is_alive():
            raise ModelHungError(f"{self._what} still runs and cannot be stopped")
        if self._stopping:
            self._stopping = False
            self._stop(False)  # noqa: FBT003  its only argument
        answer: Future[Answer] = Future()

        def work() -> None:
            try:
                answer.set_result(job())
            except BaseException as error:  # noqa: BLE001  it is raised again where the answer is asked for
                answer.set_exception(error)

        self._heard = time.monotonic()
        self._thread = thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                left = self._heard + self._patience - time.monotonic()
                if left <= 0:
                    raise ModelHungError(f"{self._what} has not returned for {self._patience:g} s")
                thread.join(left)
        except BaseException:  # given up, or interrupted by the user
            self._stopping = True
            self._stop(True)  # noqa: FBT003
            _end_precedence(thread)
            thread.join(STOPPING_SECONDS)
            raise
        return answer.result()


def _end_precedence(thread: threading.Thread) -> None:
    """It may have gone before all others, and leave nothing of the only processor."""
    if thread.native_id is not None and hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread.native_id, ORDINARY)
