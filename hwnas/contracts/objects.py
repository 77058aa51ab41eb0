"""Things of one's own in a file: ``FILE.py:NAME``."""

import importlib.util
import sys
from types import ModuleType

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.places import expanded

TOLD = "FILE.py:NAME"


def is_object(name: str) -> bool:
    """Whether `name` says ``FILE.py:NAME``."""
    return name.partition(":")[0].endswith(".py") and ":" in name


def object_at(name: str, what: str) -> object:
    """What ``FILE.py:NAME`` says; the file is run, once.

    Args:
        name: file, colon, name.
        what: what it should be, for messages.

    Raises:
        InputError: it says none, the file cannot be run, or has nothing of that name.
    """
    file, _, attribute = name.rpartition(":")
    path = expanded(file)
    if not is_object(name) or not attribute:
        raise InputError(f"A {what} of your own is named FILE.py:NAME, got {quoted(name)}; name it so.")
    if not path.is_file():
        raise InputError(f"No file {path} with the {what} {attribute!r}; name one that is there.")
    module = _run(path.resolve().as_posix(), path.stem)
    if not hasattr(module, attribute):
        own = [n for n in vars(module) if not n.startswith("_")]
        raise InputError(
            f"{path} has no {attribute!r}; it has, nearest first: {', '.join(nearest_first(attribute, own)[:5])}."
        )
    return getattr(module, attribute)


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
        raise InputError(f"{path} cannot be run: {type(error).__name__}: {reason}; correct it.") from error
    finally:
        sys.path.remove(folder)
    return module
