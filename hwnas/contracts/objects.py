"""Things of one's own in a file: ``FILE.py:NAME``.

Taking one runs the file. Only what somebody types or writes in code is run; what a stored file says, which may be a
stranger's, is run only where this user told the same thing before on this machine.
"""

import ast
import hashlib
import importlib
import importlib.util
import sys
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from types import ModuleType

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.places import expanded, user_cache

TOLD = "FILE.py:NAME"


def is_object(name: str) -> bool:
    """Whether `name` says ``FILE.py:NAME``."""
    return name.partition(":")[0].endswith(".py") and ":" in name


def object_at(name: str, kind: str) -> object:
    """What ``FILE.py:NAME`` says; the file is run, once.

    Args:
        name: file, colon, name.
        what: what it should be, for messages.

    Raises:
        InputError: it says none, the file cannot be run, or has nothing of that name.
    """
    file, _, attribute = name.rpartition(":")
    if not is_object(name) or not attribute:
        raise InputError(f"A {kind} of your own is named FILE.py:NAME, got {quoted(name)}; name it so.")
    path = expanded(file)
    if not path.is_file():
        raise InputError(f"No file {path} with the {kind} {quoted(attribute)}; name one that is there.")
    module = _run(path.resolve())
    with suppress(OSError, RuntimeError):  # without a cache it is asked for again
        mark = _memory(name)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    if not hasattr(module, attribute):
        own = [n for n in vars(module) if not n.startswith("_")]
        raise InputError(
            f"{path} has no {quoted(attribute)}; it has, nearest first: {', '.join(nearest_first(attribute, own)[:5])}."
        )
    return getattr(module, attribute)


def stored_object_at(name: str, kind: str) -> object:
    """The same for what a stored file says.

    Raises:
        InputError: as above, or this user never told it.
    """
    if is_known(name):
        with suppress(OSError, RuntimeError, ValueError):
            return object_at(name, kind)
    raise InputError(
        f"A stored file names the {kind} {quoted(name)}, which is not run on a file's word; if it is yours, tell it "
        "once by a command, such as `hwnas elastic`, in the folder that it is found from."
    )


def is_known(name: str) -> bool:
    """Whether this user told ``FILE.py:NAME`` before, so that it is run on a stored file's word."""
    try:
        return is_object(name) and _memory(name).is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def _memory(name: str) -> Path:
    """Is there where this user told it, by the place of its file."""
    file, _, attribute = name.rpartition(":")
    place = f"{expanded(file).resolve().as_posix()}:{attribute}"
    return user_cache() / "told" / hashlib.sha256(place.encode()).hexdigest()[:32]


def _run(path: Path) -> ModuleType:
    """The file as a module of its own, or of the package that it lies in where it imports from that."""
    name, folder = f"hwnas_own_{path.stem}_{abs(hash(path.as_posix())):x}", path.parent
    root = _package_root(path)
    if root is not None and _imports_from(path, root.name):
        name, folder = ".".join(path.relative_to(root.parent).with_suffix("").parts), root.parent
        _refuse_taken(path, root)
    elif name in sys.modules:
        return sys.modules[name]
    sys.path.append(str(folder))  # last: a file of the user's that is called as one of Python's own hides nothing
    try:
        return importlib.import_module(name) if folder != path.parent else _run_alone(path, name)
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        remedy = (
            "add an __init__.py to each folder of its package"
            if isinstance(error, ImportError) and "relative import" in reason
            else "correct it"
        )
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {reason}; {remedy}.") from error
    finally:
        sys.path.remove(str(folder))


def _run_alone(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} cannot be run as Python; name a Python file.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _package_root(path: Path) -> Path | None:
    """The folder of the outermost package that a file lies in."""
    packages = list(takewhile(lambda folder: (folder / "__init__.py").is_file(), path.parents))
    return packages[-1] if packages else None


def _imports_from(path: Path, package: str) -> bool:
    """Whether a file imports from its own package, relatively or by its name."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):  # running it will say so
        return False
    by_name = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    by_name += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return any(isinstance(node, ast.ImportFrom) and node.level for node in nodes) or any(
        name.partition(".")[0] == package for name in by_name
    )


def _refuse_taken(path: Path, root: Path) -> None:
    """Is what Python knows by the name of the package another one?"""
    spec = importlib.util.find_spec(root.name)
    there = [] if spec is None else [Path(found).resolve() for found in spec.submodule_search_locations or [""]]
    if spec is not None and root not in there:
        raise InputError(
            f"{path} lies in the package {quoted(root.name)}, and Python has another of that name "
            f"({spec.origin or 'without an __init__.py'}); give the package a name of its own."
        )
