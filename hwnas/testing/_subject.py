"""What a contract suite is run on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwnas.contracts.finding import told
from hwnas.contracts.objects import is_object


@dataclass(frozen=True, eq=False)
class Found:
    """A thing that is found by name, and the settings it is made with here."""

    kind: str
    name: str
    settings: Mapping[str, object]

    def __str__(self) -> str:
        return self.name

    def find(self) -> Any:
        """The object of that name.

        Raises:
            InputError: there is none, or it cannot be loaded.
        """
        return told(self.kind, self.name)

    @property
    def called(self) -> str:
        """Its name, without the file where it is ``FILE.py:NAME``."""
        return self.name.rpartition(":")[2] if is_object(self.name) else self.name

    def make(self, *arguments: object, **settings: object) -> Any:
        """What it gives for `arguments`, its settings and these."""
        return self.find()(*arguments, **{**self.settings, **settings})
