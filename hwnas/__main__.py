"""``python -m hwnas``, and what the installed command `hwnas` starts.

The commands and what they need take half a second to load. Ctrl-C in that time must not end in a traceback, nor in
the strange errors that some libraries make of an interrupt while they are loaded.
"""

import os
import signal
from types import FrameType

_INTERRUPTED = 130


def main() -> None:
    """Run the command line, with Ctrl-C answered from now on."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell has it ignored
        signal.signal(signal.SIGINT, _interrupted)
    try:
        from hwnas.cli import main as command_line

        command_line()
    except KeyboardInterrupt:  # between the loading and the command
        _stop()
    finally:
        if signal.getsignal(signal.SIGINT) is _interrupted:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is left is Python's own end, which says it badly


def _interrupted(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":  # something is being loaded
            _stop()
        frame = frame.f_back
    raise KeyboardInterrupt


def _stop() -> None:
    """End here and now: nothing is being written that a kill could harm."""
    os.write(2, b"hwnas: Stopped. Nothing measured is lost: the same command continues.\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
