"""One knob of a search space: a name and its options."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hwnas.contracts.errors import InputError, quoted

Option = str | int | float | bool


@dataclass(frozen=True)
class Choice:
    """A knob.

    Args:
        name: unique in its space, such as ``stage2.block1.kernel``.
        options: at least one, all different: words, switches, or finite numbers (numpy's become Python's own). Ordered
            choices list them from smallest to largest network.
        active_if: for each named parent choice, the options of it under which this choice has an effect;
            all conditions must hold. Empty: always active.
        ordered: whether neighbouring options resemble one another (sizes do, kinds of operation do not).

    Raises:
        InputError: no options, one of another kind (a tuple, say), or one twice.
    """

    name: str
    options: tuple[Option, ...]
    active_if: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    ordered: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"A choice needs a name, got {quoted(self.name)}; name it.")
        object.__setattr__(self, "options", self._plain(self.options))
        object.__setattr__(self, "active_if", {k: self._plain(v) for k, v in self.active_if.items()})
        if not self.options:
            raise InputError(f"Choice {quoted(self.name)} needs at least one option, got none; add its options.")
        if len(set(self.options)) != len(self.options):
            raise InputError(
                f"Choice {quoted(self.name)} needs different options, got {self.options}; drop the repeats."
            )

    def _plain(self, options: object) -> tuple[Option, ...]:
        """As Python's own, which JSON can hold: an architecture is stored, and read again, as JSON."""
        if isinstance(options, str | bytes) or not isinstance(options, Iterable):
            raise InputError(f"Choice {quoted(self.name)} needs a tuple of options, got {quoted(options)}; list them.")
        plain = tuple(option.item() if isinstance(option, np.generic) else option for option in options)
        for option in plain:
            if not isinstance(option, str | int | float) or (isinstance(option, float) and not math.isfinite(option)):
                raise InputError(
                    f"Options of choice {self.name!r} are words, switches or finite numbers, got {quoted(option)}; "
                    "write it as a word, such as '1x3', and take that apart where the network is built."
                )
        return plain
