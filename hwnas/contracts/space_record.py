"""Which space something is of, as it is written down: the one record of it, in whatever file or archive."""

from hwnas.contracts.document import Document
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace


class SpaceRecord(Document):
    """Two are equal where the spaces are.

    Args:
        name: as it is found, or any label.
        parameters: what `name` was called with.
        choices: see `SearchSpace.digest`.
    """

    name: str
    parameters: dict[str, object]
    choices: str

    @classmethod
    def of(cls, space: SearchSpace) -> "SpaceRecord":
        """That of a space, as it comes back from JSON (tuples become lists).

        Raises:
            InputError: its parameters are not JSON.
        """
        try:
            return cls.of_fields({"name": space.name, "parameters": space.parameters, "choices": space.digest})
        except ValueError as error:
            raise InputError(
                f"Space {quoted(space.name)} should have parameters that JSON can hold, got "
                f"{quoted(space.parameters)} ({quoted(str(error))}); give numbers, words, lists of them, or none."
            ) from error

    def __str__(self) -> str:
        """For messages: ``space 'x' with parameters {...} and choices 0123456789ab``."""
        return f"space {quoted(self.name)} with parameters {quoted(self.parameters)} and choices {self.choices}"
