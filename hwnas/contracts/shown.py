"""A task's figure as people read it: a share in per cent, all else as it is."""

from hwnas.contracts.objective import Objective
from hwnas.contracts.task import SHARE


def factor(figure: Objective) -> float:
    """From a value to the number that is shown."""
    return 100.0 if figure.unit == SHARE else 1.0


def unit(figure: Objective) -> str:
    """What stands behind the number; empty for a pure one."""
    return "%" if figure.unit == SHARE else figure.unit


def shown(figure: Objective, value: float) -> str:
    """``91.3%``, or ``3.142 mm``."""
    if figure.unit == SHARE:
        return f"{value:.1%}"
    return f"{value:.4g} {figure.unit}".rstrip()


def with_interval(figure: Objective, value: float, bounds: tuple[float, float]) -> str:
    """``91.3% (90.7-91.8)``."""
    low, high = (
        f"{100 * bound:.1f}" if figure.unit == SHARE else f"{bound:.4g}" for bound in bounds
    )  # fmt: skip
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
