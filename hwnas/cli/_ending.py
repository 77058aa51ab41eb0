"""How a command ends that does not end well: one sentence, and an exit code that says who can mend it.

0 done, 1 the promise cannot be kept, 2 bad input, 3 device trouble, 70 an error nobody foresaw (`EX_SOFTWARE` of
BSD's sysexits.h), 130 stopped by Ctrl-C, 143 by TERM. Only a `PromiseError` is 1, since a build breaks on it.
"""

import errno
import os
import platform
import shlex
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TextIO

from hwnas.cli._printing import complain, problem, silence
from hwnas.contracts.errors import HwnasError, InputError, Stopped
from hwnas.contracts.version import VERSION

UNFORESEEN = 70
_AS_BY_SHELLS = 128  # plus a signal's number
STOPPED = "Stopped. Nothing measured is lost: the same command continues."
_LONGEST = 200  # characters of somebody else's message

# What whoever runs the command can mend: places that are full, missing, of another kind, or closed to them.
_OF_PLACES = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR,
    errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE, errno.EIO,
}  # fmt: skip


def exit_code_of(error: BaseException) -> int:
    """What a command that ended by `error` exits with."""
    if isinstance(error, HwnasError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return _AS_BY_SHELLS + (error.number if isinstance(error, Stopped) else signal.SIGINT)
    return InputError.exit_code if _is_of_a_place(error) else UNFORESEEN


def say_error(error: BaseException) -> int:
    """Say what went wrong, and give the exit code; of what nobody foresaw, the traceback is kept in a file."""
    code = exit_code_of(error)
    if isinstance(error, HwnasError):
        problem(str(error))
    elif isinstance(error, KeyboardInterrupt):
        problem(STOPPED)
    elif isinstance(error, OSError) and code != UNFORESEEN:
        where = f" ({error.filename})" if error.filename else ""
        problem(f"The system refused{where}: {error.strerror or error}; free the place or choose another.")
        if not error.filename:  # standard output itself, perhaps
            silence(sys.stdout)
    else:
        problem(
            f"hwnas met an error that it did not foresee ({_brief(error)}). Nothing measured is lost. Its traceback is "
            f"in {_keep_traceback(error)}; please report it with that file."
        )
    return code


def _is_of_a_place(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _OF_PLACES


def say_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001  as `warnings` tells it
    line: str | None = None,  # noqa: ARG001
) -> None:
    """A warning of ours as a sentence; others, such as those of a user's file, with their place."""
    if Path(filename).is_relative_to(Path(__file__).parents[1]):
        problem(str(message))
    else:
        complain(f"{filename}:{lineno}: {category.__name__}: {message}")


def _brief(error: BaseException) -> str:
    said = " ".join(str(error).split())
    said = said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _keep_traceback(error: BaseException) -> str:
    """Name of a new file with the traceback; where none can be written it goes to standard error."""
    lines = [
        f"hwnas {VERSION}, Python {platform.python_version()}, {platform.platform()}\n",
        f"command: {shlex.join(sys.argv)}\n\n",
        *traceback.format_exception(error),
    ]
    text = "".join(lines)
    try:
        handle, name = tempfile.mkstemp(prefix="hwnas-traceback-", suffix=".txt")
        os.close(handle)
        Path(name).write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError:
        for line in text.splitlines():
            complain(line)
        return "the lines above"
    return name
