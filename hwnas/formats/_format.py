"""What every format does: recognise a file, name the tables in it, read one of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import find, usable
from hwnas.contracts.nearest import nearest_first
from hwnas.formats._source import Source


@dataclass(frozen=True)
class Measured:
    """One architecture: mean latency in milliseconds, standard deviation of one run and number of runs where known."""

    architecture: Mapping[str, Option]
    latency_ms: float
    std_ms: float | None = None
    runs: int | None = None


@dataclass(frozen=True)
class Part:
    """One operator: what it adds to the latency of every architecture that answers all of `when` like this."""

    name: str
    when: Mapping[str, Option]
    latency_ms: float


@dataclass(frozen=True)
class Imported:
    """What a file says: of which space, and either measured architectures or parts to be summed.

    Args:
        space: name of a space of hwnas, or ``tabular``, see `hwnas.formats._tabular`.
        parameters: what it is called with.
        measured: architectures.
        parts: operators; then latencies of architectures are sums.
        notes: what its columns were taken for, and what was left out, in sentences.
    """

    space: str
    parameters: Mapping[str, object]
    measured: Sequence[Measured] = ()
    parts: Sequence[Part] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Wishes:
    """What the user said about the file: which of its tables, the unit of its times, settings of the space, and which
    columns of a CSV are choices, or none.
    """

    table: str | None = None
    unit: str | None = None
    parameters: Mapping[str, object] | None = None
    choices: Sequence[str] = ()
    ignored: Sequence[str] = ()


class Format(ABC):
    """A way to publish latencies. An ABC: a missing method must fail when it is made.

    `general` formats recognise much, so they are asked last.
    """

    general = False

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether the file looks like this format."""

    @abstractmethod
    def tables(self, source: Source) -> list[str]:
        """Names of the tables in it; one without a name is the empty string."""

    @abstractmethod
    def read(self, source: Source, table: str, wishes: Wishes) -> Imported:
        """One table.

        Raises:
            InputError: something in it cannot be understood; the message says what.
        """


def read_published(source: Source, name: str | None, wishes: Wishes) -> tuple[str, str, Imported]:
    """Name of the format (recognised unless given), name of the table in the file, and what it says.

    Raises:
        InputError: no format fits, or there are several tables and none was chosen.
    """
    things = {name: find("formats", name)} if name else usable("formats")
    forms = {each: _format(each, thing) for each, thing in things.items()}
    fitting = [each for each, form in forms.items() if name or form.recognises(source)]
    fitting.sort(key=lambda each: forms[each].general)
    if not fitting:
        raise InputError(
            f"{source.path} is in no format that hwnas knows ({', '.join(forms)}); name one with --format, or "
            "write a CSV with one column per choice and one called latency_ms."
        )
    form = forms[fitting[0]]
    tables = form.tables(source)
    table = wishes.table if wishes.table is not None else tables[0] if len(tables) == 1 else None
    if table is None or table not in tables:
        listed = ", ".join(quoted(t).strip("'") for t in nearest_first(table or "", tables)[:20]) or "none"
        wrong = f"no table {quoted(table)}" if table else f"{len(tables)} tables"
        raise InputError(f"{source.path} ({fitting[0]}) has {wrong}; choose with --table one of: {listed}.")
    return fitting[0], table, form.read(source, table, wishes)


def _format(name: str, form: object) -> Format:
    if not isinstance(form, Format):
        raise InputError(
            f"The plug-in {quoted(name)} of formats should be a Format, got {type(form).__name__}; mend that package, "
            "or uninstall it."
        )
    return form
