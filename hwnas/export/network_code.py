"""What the networks of a space compute, told from their structure and the code of their own classes.

Two spaces may have the same choices and build other networks: a class was edited. What was timed or scored with the one
says nothing of the other. Of classes that are installed (PyTorch's, hwnas's own) the name counts; of all others what
their methods, and the functions and constants these name, were compiled to. Weights do not count.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hwnas.contracts.covering import covering
from hwnas.contracts.search_space import SearchSpace
from hwnas.export.architecture import network_of

if TYPE_CHECKING:
    from torch import nn

_MOST_BUILT = 16
_known: WeakKeyDictionary[SearchSpace, str] = WeakKeyDictionary()
_PLAIN = (str, int, float, bool, bytes, complex, type(None))
_UNREAD = {"training"}  # attributes of every module that say nothing of what it computes
_UNTOLD = {"__doc__", "__module__", "__firstlineno__", "__weakref__", "__dict__"}  # and of every class


def networks_digest(space: SearchSpace) -> str | None:
    """Twelve hexadecimal digits that are others where a space builds other networks, told from the few that show each
    option of each choice (16 at most, the smallest and the largest among them); None where it builds none.

    Raises:
        InputError: as `network_of`.
    """
    if space.build is None:
        return None
    if space not in _known:
        state = hashlib.sha256()
        for architecture in map(space.decode, covering(space, _MOST_BUILT)):
            for line in _lines(space.lower(architecture, network_of(space, architecture))):
                state.update(line.encode())
        _known[space] = state.hexdigest()[:12]
    return _known[space]


def _lines(network: nn.Module) -> Iterator[str]:
    seen = set[object]()
    for name, module in network.named_modules():
        yield f"{name} {_told(type(module), seen)} "
        yield " ".join(
            f"{key}={_said(value, seen)}"
            for key, value in sorted(vars(module).items())
            if not key.startswith("_") and key not in _UNREAD
        )
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        yield f"{name} {tensor.dtype} {tuple(tensor.shape)} "


def _told(thing: type | FunctionType, seen: set[object]) -> str:
    """A class or a function by its name; once, with what its code says, where it is somebody's own."""
    name = f"{thing.__module__}.{thing.__qualname__}" if _is_installed(thing.__module__) else thing.__qualname__
    if thing in seen or _is_installed(thing.__module__):
        return name
    seen.add(thing)
    if isinstance(thing, FunctionType):
        return f"{name} {_function(thing, seen)}"
    own = sorted(vars(thing).keys() - _UNTOLD)
    members = [f"{key}={_said(_bare(vars(thing)[key]), seen)}" for key in own]
    return f"{name} {' '.join(_told(base, seen) for base in thing.__bases__)} {' '.join(members)}"


def _bare(member: object) -> object:
    """The function of a property, a static or a class method."""
    return getattr(member, "fget", None) or getattr(member, "__func__", None) or member


def _function(function: FunctionType, seen: set[object]) -> str:
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    around = [f"{key}={_said(_content(cell), seen)}" for key, cell in cells.items() if key != "__class__"]
    known = function.__globals__
    named = sorted({name for code in _codes(function.__code__) for name in code.co_names if name in known})
    said = (function.__defaults__, function.__kwdefaults__)
    return " ".join([_compiled(function.__code__), _said(said, seen), *around, *(_said(known[n], seen) for n in named)])


def _content(cell: object) -> object:
    try:
        return cell.cell_contents  # type: ignore[attr-defined]
    except ValueError:  # not filled yet
        return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _compiled(code: CodeType) -> str:
    return f"{code.co_code.hex()} {code.co_names} {' '.join(map(_constant, code.co_consts))}"


def _constant(value: object) -> str:
    if isinstance(value, CodeType):
        return _compiled(value)
    return str(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)  # sets have no order


def _said(value: object, seen: set[object]) -> str:
    """Plain values and lists of them as they are, own functions and classes by their code, all else by its type."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"({', '.join(_said(part, seen) for part in value)})"
    if isinstance(value, dict):
        return f"({', '.join(f'{key!r}: {_said(part, seen)}' for key, part in value.items())})"
    if isinstance(value, type | FunctionType):
        return _told(value, seen)
    return type(value).__qualname__


@cache
def _is_installed(module: str) -> bool:
    """Whether a module came with Python, hwnas or a package, and is not what its user writes at the moment."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return module in sys.builtin_module_names
    homes = (*map(sysconfig.get_path, ("purelib", "platlib", "stdlib")), str(Path(__file__).parents[1]))
    place = os.path.realpath(file)
    parted = {"site-packages", "dist-packages"} & set(Path(place).parts)
    return bool(parted) or any(place.startswith(os.path.realpath(home) + os.sep) for home in homes)
