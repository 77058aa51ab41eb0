"""Things of one's own in a file: ``FILE.py:NAME``.

Taking one runs the file. Only what somebody types or writes in code is run; what a stored file says, which may be a
stranger's, is run only where this user told the same thing before on this machine.
"""

import hashlib
import importlib.util
import sys
from contextlib import suppress
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
    module = _run(path.resolve().as_posix(), path.stem)
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
    with suppress(OSError, RuntimeError, ValueError):
        if is_object(name) and _memory(name).is_file():
            return object_at(name, kind)
    raise InputError(
        f"A stored file names the {kind} {quoted(name)}, which is not run on a file's word; if it is yours, tell it "
        "once by a command, such as `hwnas elastic`, in the folder that it is found from."
    )


def _memory(name: str) -> Path:
    """Is there where this user told it, by the place of its file."""
    file, _, attribute = name.rpartition(":")
    place = f"{expanded(file).resolve().as_posix()}:{attribute}"
    return user_cache() / "told" / hashlib.sha256(place.encode()).hexdigest()[:32]


def _run(path: str, stem: str) -> ModuleType:
    name = f"hwnas_own_{stem}_{abs(hash(path)):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} cannot be run as Python; name a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = path.rpartition("/")[0]
    sys.path.append(folder)  # last: a file of the user's that is called as one of Python's own hides nothing
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        reason = " ".join(str(error).split())[:200].rstrip(".")
        remedy = (
            "name a file outside of its package that imports the thing from it"
            if isinstance(error, ImportError) and "relative import" in reason
            else "correct it"
        )
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {reason}; {remedy}.") from error
    finally:
        sys.path.remove(folder)
    return module
