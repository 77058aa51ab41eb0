"""Starting Python so that it imports what this process imports, and nothing else.

Python looks for modules in the current folder first when it is given a command or a module's name. There may lie
anything: a `signal.py` of the user's own, or a whole `hwnas` that somebody else has put there. So no process is started
that way: those of this machine are isolated, and told where this process found its modules; those of other machines
forget the current folder before they import anything (`FORGETTING`), since their Python may be older than `-P`.
"""

import sys
from pathlib import Path

FORGETTING = "import sys;sys.path[:]=filter(None,sys.path);"
"""What code given to ``python -c`` starts with, there; `sys` is a part of Python itself, and never a file."""

_ENTRY = """
import sys
from importlib import import_module, util
from importlib.machinery import PathFinder
module, home, *found = sys.argv.pop(1).split({separator!r})
sys.path += found
spec = PathFinder.find_spec("hwnas", [home])
sys.modules["hwnas"] = package = util.module_from_spec(spec)
spec.loader.exec_module(package)
import_module(module).main()
"""
_SEPARATOR = "\n"


def python_for(module: str, *words: str) -> list[str]:
    """The command that runs `main` of a module of hwnas in another process of this Python, with `words` as arguments.

    The library of Python itself comes first there, then what is on this process's path, without the current folder,
    and hwnas is the very package that runs here.
    """
    home = Path(__file__).absolute().parents[2]  # a folder, or the archive of a far end
    others = [path for entry in sys.path if entry and (path := Path(entry).absolute()) != Path().absolute()]
    told = _SEPARATOR.join(map(str, [module, home, *others]))
    return [sys.executable, "-I", "-S", "-c", _ENTRY.format(separator=_SEPARATOR), told, *words]
