"""What every format of published tables must do; each one found in the room is tested on a file of its kind."""

from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.formats._format import Format, Wishes, read_published
from hwnas.formats._source import Source
from hwnas.pipeline.open import space_of
from tests.formats.published import write

NAMES = names("formats")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def source(name: str, tmp_path: Path) -> Source:
    return Source(write(tmp_path)[name])


def form(name: str) -> Format:
    found = find("formats", name)
    assert isinstance(found, Format)
    return found


def test_its_files_are_recognised_as_its_own(name: str, source: Source) -> None:
    table = form(name).tables(source)[0]
    assert read_published(source, None, Wishes(table=table))[:2] == (name, table)


def test_what_it_reads_is_of_a_space_and_has_latencies(name: str, source: Source) -> None:
    for table in form(name).tables(source):
        found = form(name).read(source, table, Wishes())
        space = space_of(found.space, found.parameters)
        assert found.measured or found.parts
        assert all(m.latency_ms > 0 and space.architecture(m.architecture) for m in found.measured)
        assert all(set(part.when) <= set(space.names) for part in found.parts)


def test_a_table_that_is_not_there_is_answered_with_those_that_are(name: str, source: Source) -> None:
    with pytest.raises(InputError, match="no table 'colour'; choose with --table one of"):
        read_published(source, name, Wishes(table="colour"))


@pytest.mark.parametrize("content", ["", "{}", "a,b\n1,2\n", "[1, 2]", "\x00"])
def test_files_of_other_kinds_are_not_recognised(name: str, tmp_path: Path, content: str) -> None:
    for ending in ("csv", "json"):
        path = tmp_path / f"other.{ending}"
        path.write_text(content)
        assert not form(name).recognises(Source(path))
