"""How many entries of a group a sub-network may have."""

from hwnas.elasticity._groups import Group

_PARTS = (2, 3, 4, 5, 6, 7, 8)  # eighths
_GOOD, _FROM = 8, 32  # widths of which processors make good use, where that leaves enough of them
_FEW = 16


def widths(group: Group, multiple: int | None = None) -> list[int]:
    """From a quarter to all; every number of heads; odd kernels."""
    size = group.size
    if group.kind == "kernel":
        return list(range(group.least, size + 1, 2))
    if group.kind == "heads" and size <= _FEW:
        return list(range(1, size + 1))
    step = multiple or (_GOOD if size >= _FROM else 1)
    rounded = {max(step, round(size * part / 8 / step) * step) for part in _PARTS}
    return sorted({*(width for width in rounded if width < size), size})
