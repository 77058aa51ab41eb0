"""From a kind of thing and a name to the class of tests that pytest collects."""

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import hwnas.testing as room
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first

NEEDED = ("pytest", "hypothesis")


def contract(kind: str, name: str, **settings: object) -> type:
    """The tests that the thing `name` must pass, as a class that a module of tests gives a name: ``TestMine``.

    A class that derives from it may add tests of its own, or leave one out by setting it to None.

    Args:
        kind: the folder of README's table, which is the entry point group after ``hwnas.``: ``spaces``, ``strategies``.
        name: as it is found: that of the entry point, or ``FILE.py:NAME``. A device's is its string, such as
            ``mine:address,threads=1``.
        settings: what the thing is made with, to make it small and quick; for a format, ``example``, a file of its own.

    Raises:
        InputError: no such kind or thing, it cannot be loaded, or pytest or hypothesis is not installed.
    """
    return suite(kind, {name: settings})


def suite(kind: str, things: Mapping[str, Mapping[str, object]] | None = None) -> type:
    """The same for several things, each with its settings.

    None: for the thing that the fixture ``subject`` gives, which a class that derives from it has to define.

    Raises:
        InputError: see `contract`.
    """
    lacking = [package for package in NEEDED if find_spec(package) is None]
    if lacking:
        raise InputError(
            f"The contract suites need {' and '.join(NEEDED)}, {' and '.join(lacking)} is not installed; "
            "pip install 'hwnas[testing]'."
        )
    module = _module(kind)
    made = type(f"{kind.capitalize()}Contract", (module.Contract,), {"__doc__": module.__doc__})
    if things is None:
        return made
    import pytest

    subjects = [module.Subject(kind, name, settings) for name, settings in things.items()]
    for subject in subjects:
        subject.find()
    return pytest.mark.parametrize("subject", subjects, ids=str)(made)


def _module(kind: str) -> Any:
    import pytest

    kinds = [m.name for m in pkgutil.iter_modules(room.__path__) if not m.name.startswith("_")]
    if kind not in kinds:
        raise InputError(f"There is no contract of {quoted(kind)}, but of: {', '.join(nearest_first(kind, kinds))}.")
    suites = [f"{room.__name__}.{name}" for name in kinds]
    pytest.register_assert_rewrite(*(name for name in suites if name not in sys.modules))  # so that figures are shown
    return importlib.import_module(f"{room.__name__}.{kind}")
