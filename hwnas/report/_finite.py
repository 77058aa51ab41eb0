"""A report shows no figure that is not one."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from hwnas.contracts.errors import InputError


def require_finite(value: object, where: str = "story") -> None:
    """Look at every float below `value`.

    Raises:
        InputError: one is infinite or not a number; the message names it.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"A report needs finite figures, got {value} at {where}; leave out what was not measured.")
    if is_dataclass(value):
        for field in fields(value):
            require_finite(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            require_finite(item, f"{where}.{key}")
    elif isinstance(value, tuple | list):
        for i, item in enumerate(value):
            require_finite(item, f"{where}[{i}]")
