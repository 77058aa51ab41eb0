"""Where the data that ships with hwnas lies: supernets, latency tables, predictors.

In an installed wheel it is inside the package, in a checkout at its root; both hold the same folders.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def data_folder() -> Path:
    """The folder with ``supernets/``, ``latency_tables/``, ``predictors/`` and ``micro_bench/``."""
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent
