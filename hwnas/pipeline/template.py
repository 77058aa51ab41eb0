"""A file to begin with, for a thing of one's own: what lies in `hwnas/templates`, copied."""

from pathlib import Path

from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.places import expanded
from hwnas.contracts.words import one_of

_TEMPLATES = Path(__file__).parents[1] / "templates"


def write_template(kind: str, folder: Path) -> Path:
    """Write the template of a ``model``, ``task``, ``space`` or ``strategy`` into `folder`; its path.

    Raises:
        InputError: there is none of that kind, or a file of its name is there already.
    """
    one_of("what is new", kind, sorted(path.stem for path in _TEMPLATES.glob("[!_]*.py")))
    path = expanded(folder) / f"{kind}.py"
    if path.exists():
        raise InputError(f"{path} is there already, and nothing is replaced; name another folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (_TEMPLATES / path.name).read_text())
    return path
