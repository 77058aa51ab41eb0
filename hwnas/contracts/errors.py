"""What can go wrong, by who can mend it: each error is one sentence and carries its exit code.

A message says what was expected, what came, and what to do. The command line prints it and exits with
`exit_code`; nothing else in the package exits. What came is quoted by `quoted`, never as a whole: a small file can say
much (a YAML of 323 bytes made a message of 226 MB).
"""

import reprlib

MOST_QUOTED = 200  # characters of anything from outside that a message repeats
MOST_SAID = 4000  # characters of a whole message: what no message reaches that quotes with care


class HwnasError(Exception):
    """Base of every error hwnas raises on purpose."""

    exit_code = 2

    def __str__(self) -> str:
        said = super().__str__()
        return said if len(said) <= MOST_SAID else f"{said[: MOST_SAID // 2]} ... {said[-MOST_SAID // 2 :]}"


class PromiseError(HwnasError):
    """The promise cannot be kept: an infeasible budget, a model over its budget, a failed parity proof."""

    exit_code = 1


class InputError(HwnasError):
    """What came from outside (a name, a file, a number, a folder) cannot be used."""

    exit_code = 2


class DeviceError(HwnasError):
    """The device cannot be reached, refuses the model, or cannot be trusted at the moment."""

    exit_code = 3


class Stopped(KeyboardInterrupt):
    """A signal that ends programs came; `number` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class _Short(reprlib.Repr):
    """`repr` that reads only as much of a value as it shows, however much the value holds."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist, self.maxtuple = 4, 20, 20, 20
        self.maxset = self.maxfrozenset = self.maxdeque = self.maxarray = 20
        self.maxstring = self.maxother = self.maxlong = MOST_QUOTED

    def repr_int(self, x: int, level: int) -> str:  # noqa: ARG002  the base class's signature
        """Python refuses to write integers of more than 4,300 digits."""
        if abs(x) < 10**MOST_QUOTED:
            return repr(x)
        return f"an integer of about {int(x.bit_length() * 0.30103) + 1} digits"


_short = _Short()


def shown(value: object) -> str:
    """A path or a name as an error message repeats it: bare where it is short and plain, else as `quoted`."""
    text = str(value)
    return text if len(text) <= MOST_QUOTED and text.isprintable() else quoted(text)


def quoted(value: object) -> str:
    """`value` as an error message repeats it: like `repr`, but at most `MOST_QUOTED` characters."""
    if isinstance(value, str):
        value = str(value[: MOST_QUOTED + 1])  # before it is escaped, which makes it longer
    said = _short.repr(value)
    return said if len(said) <= MOST_QUOTED else f"{said[: MOST_QUOTED - 4]} ..."
