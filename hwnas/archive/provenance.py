"""What a stored answer depends on: the code that made it, and short names for its inputs."""

import ast
import dis
import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from types import CodeType, FunctionType

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.version import VERSION


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
    values = (*bound, plain.__defaults__, tuple(sorted((plain.__kwdefaults__ or {}).items())), *_closed_over(plain))
    return digest(f"{source} {type(owner).__qualname__} {_said(values)}")


def rule_digest(function: Callable[..., object]) -> str:
    """The same, and where there is no source that of what the function was compiled to: to tell two rules apart."""
    of_function = function_digest(function)
    if of_function is not None:
        return of_function
    if isinstance(function, functools.partial):
        bound = _said((function.args, tuple(sorted(function.keywords.items()))))
        return digest(f"{rule_digest(function.func)} {bound}")
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(code, CodeType):
        return digest(getattr(function, "__qualname__", type(function).__qualname__))
    return digest(f"{_compiled(code)} {_said(getattr(function, '__defaults__', None))}")


def _compiled(code: CodeType) -> str:
    constants = [_compiled(value) if isinstance(value, CodeType) else _said(value) for value in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def plain_values(thing: object) -> str:
    """The plain values that an object and its class have under public names: what a method may read of it."""
    own = {**vars(type(thing)), **vars(thing)}
    plain = (str, int, float, bool, bytes, tuple)
    return _said(tuple((n, own[n]) for n in sorted(own) if not n.startswith("_") and isinstance(own[n], plain)))


def _closed_over(function: FunctionType) -> list[object]:
    """Values of names around a function that it reads but does not count up."""
    counted = {step.argval for step in dis.get_instructions(function) if step.opname == "STORE_DEREF"}
    cells: list[object] = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not filled yet
            cells.append((name, None if name in counted else cell.cell_contents))
    return cells


def _said(value: object) -> str:
    """Plain values as they are; of all else, which may change or has its place in memory for a name, the type."""
    if isinstance(value, str | int | float | bool | bytes | None):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_said, value))})"
    return type(value).__qualname__
