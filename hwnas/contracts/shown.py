"""A task's figure as people read it: a share in per cent, all else as it is."""

from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE

_MOST_DIGITS = 15  # that numbers differ in


def factor(figure: Objective) -> float:
    """From a value to the number that is shown."""
    return 100.0 if figure.unit == SHARE else 1.0


def unit(figure: Objective) -> str:
    """What stands behind the number; empty for a pure one."""
    return "%" if figure.unit == SHARE else figure.unit


def shown(figure: Objective, value: float) -> str:
    """``91.3%``, or ``3.142 mm``."""
    return _in_unit(figure, _number(figure, value))


def told_apart(figure: Objective, value: float, other: float) -> tuple[str, str]:
    """Two values with as many digits as show which is larger: ``89.97%`` and ``90.00%``."""
    both = (value, other)
    digits = (i for i in range(_MOST_DIGITS) if len({_number(figure, x, more=i) for x in both}) == len({*both}))
    enough = next(digits, 0)
    first, second = (_in_unit(figure, _number(figure, x, more=enough)) for x in both)
    return first, second


def with_error(figure: Objective, value: float, error: float) -> str:
    """``91.34 ± 0.52%``, or ``3.142 ± 0.01 mm``; without the error where there is none."""
    doubt = f" ± {factor(figure) * error:.2g}" if error else ""
    return _in_unit(figure, f"{factor(figure) * value:.4g}{doubt}")


def with_interval(figure: Objective, value: float, bounds: tuple[float, float]) -> str:
    """``91.3% (90.7-91.8)``."""
    low, high = (_number(figure, bound) for bound in bounds)
    return f"{shown(figure, value)} ({low}-{high})"


def difference(figure: Objective, value: float, other: float) -> str:
    """``-0.3 points`` of per cent, or ``+0.12 mm``: how much more the first is."""
    if figure.unit == SHARE:
        return f"{100 * (value - other):+.1f} points"
    return f"{value - other:+.4g} {figure.unit}".rstrip()


def title(figure: Objective) -> str:
    """``Accuracy (%)``, ``Mean iou (%)``, or ``Error (mm)``."""
    behind = unit(figure)
    return name_of(figure) + (f" ({behind})" if behind else "")


def name_of(figure: Objective) -> str:
    """``Mean iou``, as it begins a column."""
    name = figure.name.replace("_", " ")
    return f"{name[:1].upper()}{name[1:]}"


def _number(figure: Objective, value: float, more: int = 0) -> str:
    """With `more` digits than usual."""
    return f"{100 * value:.{1 + more}f}" if figure.unit == SHARE else f"{value:.{4 + more}g}"


def _in_unit(figure: Objective, number: str) -> str:
    return f"{number}%" if figure.unit == SHARE else f"{number} {figure.unit}".rstrip()
