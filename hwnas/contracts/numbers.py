"""Numbers from outside, of Python or of numpy: taken as Python's own, or refused in a sentence before any work."""

import math
import operator

from hwnas.contracts.errors import InputError, quoted

MOST = 2**63 - 1  # what arrays, tensors and databases hold


def real(name: str, value: object) -> float:
    """`value` as a float, if it is a finite number.

    Args:
        what: the setting, as the error should call it, such as ``a latency limit in ms``.
        value: what came.

    Raises:
        InputError: it is something else, such as a switch, a text or NaN.
    """
    if not isinstance(value, bool | str | bytes):
        try:
            number = float(value)  # type: ignore[arg-type]  # whatever has no number raises
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise InputError(f"{name[:1].upper()}{name[1:]} is a finite number, got {quoted(value)}; give a number.")


def whole(name: str, value: object, least: int = 0, most: int = MOST) -> int:
    """`value` as an int, if it is a whole number from `least` to `most`; else as `real`."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # type: ignore[arg-type]  # whatever is no whole number raises
        except TypeError:
            number = least - 1
        if least <= number <= most:
            return number
        if number > most:
            raise InputError(f"{name[:1].upper()}{name[1:]} is at most {most}, got {quoted(value)}; give less.")
    raise InputError(
        f"{name[:1].upper()}{name[1:]} is a whole number of at least {least}, got {quoted(value)}; give one."
    )
