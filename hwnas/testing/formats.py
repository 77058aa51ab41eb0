"""What every format of published tables must do; its setting ``example`` is a file of its kind."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Format, Wishes, read_published
from hwnas.formats._source import Source
from hwnas.pipeline.open import space_of
from hwnas.testing._subject import Found


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A format, and a file in it."""

    @cached_property
    def form(self) -> Format:
        """The format."""
        form = self.find()
        assert isinstance(form, Format), f"{self} should be a Format, got {type(form).__name__}"
        return form

    @cached_property
    def source(self) -> Source:
        """The file."""
        assert "example" in self.settings, f"give the contract a file: contract('formats', '{self}', example=PATH)"
        return Source(Path(str(self.settings["example"])))


class Contract:
    """The tests."""

    def test_its_files_are_recognised_as_its_own(self, subject: Subject) -> None:
        table = subject.form.tables(subject.source)[0]
        assert read_published(subject.source, None, Wishes(table=table))[:2] == (subject.name, table)

    def test_what_it_reads_is_of_a_space_and_has_latencies(self, subject: Subject) -> None:
        for table in subject.form.tables(subject.source):
            imported = subject.form.read(subject.source, table, Wishes())
            space = space_of(imported.space, imported.parameters)
            assert imported.measured or imported.parts, f"{subject} finds nothing in table {table!r}"
            assert all(m.latency_ms > 0 and space.architecture(m.architecture) for m in imported.measured)
            assert all(set(part.when) <= set(space.names) for part in imported.parts)

    def test_a_table_that_is_not_there_is_answered_with_those_that_are(self, subject: Subject) -> None:
        with pytest.raises(InputError, match="no table 'colour'; choose with --table one of"):
            read_published(subject.source, subject.name, Wishes(table="colour"))

    @pytest.mark.parametrize("content", ["", "{}", "a,b\n1,2\n", "[1, 2]", "\x00"])
    def test_files_of_other_kinds_are_not_recognised(self, subject: Subject, tmp_path: Path, content: str) -> None:
        for ending in ("csv", "json"):
            path = tmp_path / f"other.{ending}"
            path.write_text(content)
            assert not subject.form.recognises(Source(path)), f"{subject} takes {content!r} in a .{ending} for its own"
