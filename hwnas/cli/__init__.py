"""One command per file: the command called ``x`` is the function ``x`` in ``x.py``."""

from hwnas.cli._app import main

__all__ = ["main"]
