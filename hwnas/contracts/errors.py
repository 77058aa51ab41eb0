"""What can go wrong, by who can mend it: each error is one sentence and carries its exit code.

A message says what was expected, what came, and what to do. The command line prints it and exits with
`exit_code`; nothing else in the package exits.
"""


class HwnasError(Exception):
    """Base of every error hwnas raises on purpose."""

    exit_code = 2


class PromiseError(HwnasError):
    """The promise cannot be kept: an infeasible budget, a model over its budget, a failed parity proof."""

    exit_code = 1


class InputError(HwnasError):
    """What came from outside (a name, a file, a number, a folder) cannot be used."""

    exit_code = 2


class DeviceError(HwnasError):
    """The device cannot be reached, refuses the model, or cannot be trusted at the moment."""

    exit_code = 3
