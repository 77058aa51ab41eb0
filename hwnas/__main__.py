"""``python -m hwnas``, and what the installed command `hwnas` starts.

The commands and what they need take half a second to load. Ctrl-C in that time must not end in a traceback, nor in
the strange errors that some libraries make of an interrupt while they are loaded. Later it, and the other signals that
end programs, are raised where the program is, so that it clears up.
"""

import os
import signal
import sys
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")  # Windows lacks the last two
_AS_BY_SHELLS = 128  # plus the signal's number is the exit code


def main() -> None:
    """Run the command line, with Ctrl-C and the like answered from now on."""
    ours = [number for name in _ENDING if (number := getattr(signal, name, None)) is not None and _is_free(number)]
    for number in ours:
        signal.signal(number, _interrupted)
    try:
        if mixed := _mixed():
            os.write(2, f"hwnas: {mixed}\n".encode())
            sys.exit(2)
        from hwnas.cli import main as command_line

        command_line()
    except KeyboardInterrupt as stopped:  # between the loading and the command
        _stop(getattr(stopped, "number", signal.SIGINT))
    except SystemExit as ended:
        if isinstance(ended.code, int) and ended.code > _AS_BY_SHELLS:
            _end(ended.code)  # a model that never returns still runs in a thread, which Python's own end would abort
        raise
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)  # what is left is Python's own end, which says it badly


def _mixed() -> str:
    """What is wrong where files of PyPI's `slimnet`, whose package is called hwnas too, lie among ours."""
    import hwnas

    place = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  not loaded yet
    if hasattr(hwnas, "_HOMES") and not os.path.exists(os.path.join(place, "nas_module.py")):  # noqa: PTH110, PTH118
        return ""
    return (
        f"Files of another package that is called hwnas too (PyPI's slimnet) lie among ours in {place}; uninstall "
        "both, remove that folder, and install each in an environment of its own."
    )


def _is_free(number: int) -> bool:
    """Whether nobody else answers the signal: a shell, or `nohup`, may have it ignored."""
    return signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}


def _interrupted(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":  # something is being loaded
            _stop(number)
        frame = frame.f_back
    from hwnas.contracts.errors import Stopped

    raise Stopped(number)


def _stop(number: int) -> None:
    """End here and now, with a word: nothing is being written that a kill could harm."""
    os.write(2, b"hwnas: Stopped. Nothing measured is lost: the same command continues.\n")
    _end(_AS_BY_SHELLS + number)


def _end(code: int) -> None:
    """End the process without Python's own end, and leave no temporary folder."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    temporary = sys.modules.get("hwnas.contracts.temporary")
    if temporary is not None and hasattr(temporary, "remove_own_folders"):  # loaded to its end
        temporary.remove_own_folders()
    os._exit(code)


if __name__ == "__main__":
    main()
