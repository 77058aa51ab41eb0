"""What a stored answer depends on: the code that made it, and short names for its inputs."""

import ast
import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Sequence
from importlib.metadata import version
from types import FunctionType

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.code import closed_over, code_of, said
from hwnas.contracts.version import VERSION

_SAID = {"provenance"}  # of data that are told themselves


def digest(text: str, *arrays: np.ndarray) -> str:
    """Twelve hexadecimal digits that are others for any other text or array."""
    state = hashlib.sha256(text.encode())
    for array in arrays:
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:12]


def digest_of_all(architectures: Sequence[Architecture]) -> str:
    """The same of architectures in their order."""
    return digest("".join(architecture.key for architecture in architectures))


def code_version() -> str:
    """The version of hwnas."""
    return VERSION


def versions() -> str:
    """Of everything that decides what a network computes and a predictor learns: what is stored is good as long."""
    return " ".join([code_version(), *(version(name) for name in ("torch", "onnxruntime", "onnx", "scikit-learn"))])


def function_digest(function: Callable[..., object]) -> str | None:
    """Twelve hexadecimal digits of what a function says: its source without comments and spaces, the plain values it
    was made with (defaults, what it closes over, what `functools.partial` binds), and its class for a method.

    What it calls is not looked into. None where there is no source, such as that of a compiled or a typed-in function.
    """
    bound: list[object] = []
    while isinstance(function, functools.partial):
        bound += [function.args, tuple(sorted(function.keywords.items()))]
        function = function.func
    owner = getattr(function, "__self__", None)
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(plain):  # an object that can be called
        owner, plain = plain, vars(type(plain)).get("__call__")
    if not inspect.isfunction(plain):
        return None
    try:
        source = ast.dump(ast.parse(textwrap.dedent(inspect.getsource(plain))))
    except SyntaxError:  # a lambda amid an expression
        source = "".join(inspect.getsource(plain).split())
    except (OSError, TypeError):
        return None
    values = (
        *bound,
        plain.__defaults__,
        tuple(sorted((plain.__kwdefaults__ or {}).items())),
        *closed_over(plain).items(),
    )
    return digest(f"{source} {type(owner).__qualname__} {_said(values)}")


def rule_digest(function: Callable[..., object]) -> str:
    """Twelve hexadecimal digits of what a function computes: of its code, of the functions and constants of one's own
    that it names, and of the values, arrays among them, that it was made with.
    """
    seen: set[object] = set()
    plain = inspect.unwrap(function)
    own = f"{code_of(plain, seen)} " if isinstance(plain, FunctionType) else ""  # of hwnas's own too
    return digest(own + said(plain, seen))


def plain_values(thing: object) -> str:
    """The values, arrays and lists of them among these, that an object and its classes have under public names: what a
    method may read of it.
    """
    own = dict(item for kind in (*reversed(type(thing).__mro__), thing) for item in vars(kind).items())
    kinds = (str, int, float, bool, bytes, tuple, list, dict)
    plain = {n: x for n, x in own.items() if isinstance(x, kinds) or hasattr(x, "dtype")}
    return " ".join(
        f"{n}={said(x, set())}" for n, x in sorted(plain.items()) if not n.startswith("_") and n not in _SAID
    )


def _said(value: object) -> str:
    """Plain values as they are; of all else, which may change or has its place in memory for a name, the type."""
    if isinstance(value, str | int | float | bool | bytes | None):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_said, value))})"
    return type(value).__qualname__
