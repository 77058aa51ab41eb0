"""A figure as people read it."""

from hwnas.contracts.task import SHARE


def shown(figure: float, unit: str = "") -> str:
    """With its unit: a share in per cent, all else with four digits."""
    if unit == SHARE:
        return f"{figure:.1%}"
    return f"{figure:.4g} {unit}".rstrip()
