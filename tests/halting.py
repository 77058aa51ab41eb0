"""A place where a process of the command line stops and waits to be looked at, killed or let on: no race with it."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.warm import Started

_CODE = """
import pkgutil, time
from pathlib import Path

def halting(owner, name, calls, flag):
    whole, made = getattr(owner, name), 0
    def call(*words, **options):
        nonlocal made
        answer = whole(*words, **options)
        made += 1
        if made == calls:
            flag.touch()
            while flag.exists():
                time.sleep(0.01)
        return answer
    setattr(owner, name, call)

halting(pkgutil.resolve_name({owner!r}), {name!r}, {calls}, Path({flag!r}))
"""


@dataclass(frozen=True)
class Halt:
    """After this call, of those that the process makes, it waits.

    Args:
        owner: ``module`` or ``module:Class``.
        name: of its function.
        calls: the number of the call.
        flag: a path for a file that stands while the process waits.
        before: code that the process runs before it begins.
    """

    owner: str
    name: str
    calls: int
    flag: Path
    before: str = ""

    @property
    def code(self) -> str:
        """To be run first in the process."""
        return self.before + _CODE.format(owner=self.owner, name=self.name, calls=self.calls, flag=str(self.flag))

    def reached_by(self, process: Started) -> bool:
        """Whether it waits there, or ended before."""
        while not self.flag.exists():
            if process.poll() is not None:
                return False
            time.sleep(0.01)
        return True

    def end(self) -> None:
        """It goes on; killed, it is forgotten."""
        self.flag.unlink()
