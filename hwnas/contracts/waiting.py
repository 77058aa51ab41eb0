"""Waiting for another process, not silently, and so that Ctrl-C ends it."""

import sys
import time
from collections.abc import Callable

from hwnas.contracts.printable import printable_line

POLL_SECONDS = 0.1
SILENT_SECONDS = 1.0  # what is over sooner needs no words


def wait_until(free: Callable[[], bool], awaited: str, patience_seconds: float = float("inf")) -> bool:
    """Ask `free` until it says yes, at most so long; whether it did. Standard error hears what is waited for."""
    began = time.monotonic()
    said = False
    while not free():
        waited = time.monotonic() - began
        if waited > patience_seconds:
            return False
        if waited > SILENT_SECONDS and not said:
            said = True
            sys.stderr.write(f"hwnas: Waiting for {printable_line(awaited)}; Ctrl-C stops waiting.\n")
            sys.stderr.flush()
        time.sleep(POLL_SECONDS)
    return True
