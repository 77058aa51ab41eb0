"""What functions and classes compute, told from their code: in other words once they, or what they name, are edited.

Of what is installed (PyTorch's, hwnas's own) the name counts; of all else what methods, and the functions and constants
these name, were compiled to, and the values that they were made with. Comments do not count.
"""

from __future__ import annotations

import dis
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

import numpy as np

_PLAIN = (str, int, float, bool, bytes, complex, type(None))
_UNTOLD = {"__doc__", "__module__", "__firstlineno__", "__weakref__", "__dict__"}  # of every class


def told(thing: type | FunctionType, seen: set[object]) -> str:
    """A class or a function by its name; once, with what its code says, where it is somebody's own."""
    name = f"{thing.__module__}.{thing.__qualname__}" if _is_installed(thing.__module__) else thing.__qualname__
    if thing in seen or _is_installed(thing.__module__):
        return name
    seen.add(thing)
    if isinstance(thing, FunctionType):
        return f"{name} {code_of(thing, seen)}"
    own = sorted(vars(thing).keys() - _UNTOLD)
    members = [f"{key}={said(_bare(vars(thing)[key]), seen)}" for key in own]
    return f"{name} {' '.join(told(base, seen) for base in thing.__bases__)} {' '.join(members)}"


def _bare(member: object) -> object:
    """The function of a property, a static or a class method."""
    return getattr(member, "fget", None) or getattr(member, "__func__", None) or member


def code_of(function: FunctionType, seen: set[object]) -> str:
    """What a function was compiled to, and what it names and was made with, whosever it is; what it counts up is no
    part of it.
    """
    known, own = function.__globals__, function.__code__
    around = [f"{name}={said(value, seen)}" for name, value in closed_over(function).items() if name != "__class__"]
    named = {name for code in _codes(own) for name in code.co_names if name in known} - _stored(own, "STORE_GLOBAL")
    given = (function.__defaults__, function.__kwdefaults__)
    return " ".join([_compiled(own), said(given, seen), *around, *(said(known[n], seen) for n in sorted(named))])


def closed_over(function: FunctionType) -> dict[str, object]:
    """Values of names around a function that it reads; None for those that it counts up, or that have none yet."""
    counted = _stored(function.__code__, "STORE_DEREF")
    values: dict[str, object] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        values[name] = None
        with suppress(ValueError):  # not filled yet
            values[name] = None if name in counted else cell.cell_contents
    return values


def _stored(code: CodeType, by: str) -> set[str]:
    return {str(step.argval) for step in dis.get_instructions(code) if step.opname == by}


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


def said(value: object, seen: set[object]) -> str:
    """Plain values, arrays and lists of them as they are, own functions and classes by their code, objects of these and
    networks by their values too; all else by its type.
    """
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, type | FunctionType):
        return told(value, seen)
    if isinstance(value, dict):
        return f"({', '.join(f'{key!r}: {said(part, seen)}' for key, part in value.items())})"
    if isinstance(value, set | frozenset):
        return str(sorted(said(part, seen) for part in value))
    if (parts := _parts(value, seen)) is not None:
        return f"({', '.join(said(part, seen) for part in parts)})"
    return _array(value) or str(getattr(value, "__qualname__", type(value).__qualname__))


def _parts(value: object, seen: set[object]) -> Sequence[object] | None:
    """What a list holds, what is called with what, or the class and the values of an object, once."""
    if isinstance(value, tuple | list):
        return value
    if isinstance(value, partial):
        return value.func, value.args, value.keywords
    if isinstance(value, MethodType):
        return value.__func__, value.__self__
    is_told = hasattr(value, "state_dict") or not _is_installed(type(value).__module__)
    if is_told and id(value) not in seen and hasattr(value, "__dict__") and not isinstance(value, ModuleType):
        seen.add(id(value))
        return type(value), {name: x for name, x in vars(value).items() if name not in _UNTOLD}
    return None


def _array(value: object) -> str:
    """An array or a tensor by its values; nothing for anything else."""
    if hasattr(value, "dtype"):
        with suppress(TypeError, RuntimeError, NotImplementedError):  # such as a tensor without values
            array = np.asarray(value.numpy(force=True) if hasattr(value, "numpy") else value)
            if not array.dtype.hasobject:
                return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    return ""


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
