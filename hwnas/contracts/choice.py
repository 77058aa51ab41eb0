"""One knob of a search space: a name and its options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwnas.contracts.errors import InputError

Option = str | int | float | bool


@dataclass(frozen=True)
class Choice:
    """A knob.

    Args:
        name: unique in its space, such as ``stage2.block1.kernel``.
        options: at least one, all different. Ordered choices list them from smallest to largest network.
        active_if: for each named parent choice, the options of it under which this choice has an effect;
            all conditions must hold. Empty: always active.
        ordered: whether neighbouring options resemble one another (sizes do, kinds of operation do not).
    """

    name: str
    options: tuple[Option, ...]
    active_if: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    ordered: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "active_if", {k: tuple(v) for k, v in self.active_if.items()})
        if not self.options:
            raise InputError(f"Choice {self.name!r} needs at least one option, got none; add its options.")
        if len(set(self.options)) != len(self.options):
            raise InputError(f"Choice {self.name!r} needs different options, got {self.options}; drop the repeats.")
