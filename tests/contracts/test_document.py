import gzip
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from hwnas.contracts.document import Count, Document, inside
from hwnas.contracts.errors import InputError


class Inner(Document):
    share: Annotated[float, Field(ge=0, le=1)]


class Times(Document):
    rounds: Count


class Outer(Document):
    count: int
    name: str
    parts: dict[str, Inner]


GOOD = '{"count": 2, "name": "a", "parts": {"x": {"share": 1}}}'


def test_what_is_declared_is_read_plain_or_packed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(GOOD)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(GOOD.encode()))
    for name in ("a.json", "a.json.gz"):
        assert Outer.from_file(tmp_path / name, "thing", "make it again").parts["x"].share == 1.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"count": 2', '"count": true', "count: Input should be a valid integer"),
        ('"count": 2', '"count": "2"', "count: Input should be a valid integer"),
        ('"count": 2', '"count": 2.5', "count: Input should be a valid integer"),
        ('"count": 2', '"count": 2, "count": 3', "the key 'count' is there twice"),
        ('"count": 2', '"count": 2, "other": 3', "other: Extra inputs are not permitted"),
        ('"share": 1', '"share": NaN', "NaN is no number"),
        ('"share": 1', '"share": Infinity', "Infinity is no number"),
        ('"share": 1', '"share": 1e999', "parts.x.share: Input should be"),
        ('"share": 1', '"share": 1.5', "parts.x.share: Input should be less than or equal to 1"),
        ('"share": 1', '"share": true', "parts.x.share: Input should be a valid number"),
        ('"name": "a"', '"name": 1', "name: Input should be a valid string"),
        ("}}}", "}}", "Expecting"),
        (GOOD, "[" * 100_000, "levels|recursion|Expecting"),
        (GOOD, "", "Expecting value"),
        (GOOD, "1" * 5000, "digits"),
        ('"count": 2', '"count": 2, "' + "k" * 10**6 + '": 1', "k\\.\\.\\.: Extra inputs"),
    ],
)
def test_what_is_not_is_one_short_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=rf"a\.json is not a thing: .*({said}).*; make it again\.$") as caught:
        Outer.from_file(path, "thing", "make it again")
    assert len(str(caught.value)) < 500


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"count": \xff}')
    with pytest.raises(InputError, match="is not a thing"):
        Outer.from_file(tmp_path / "a.json", "thing", "make it again")


@pytest.mark.parametrize(
    ("value", "interval", "said"),
    [
        (3.0, (5.0, 6.0), r"latency should have an interval \(low, high\) around 3, got 5 to 6"),
        (None, (6.0, 5.0), r"latency should have an interval \(low, high\), got 6 to 5"),
    ],
)
def test_a_figure_outside_its_interval_is_said_where_there_is_one(
    value: float | None, interval: tuple[float, float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        inside("latency", value, interval)
    inside("latency", 5.5, (5.0, 6.0))
    inside("latency", 1.0, None)


def test_what_is_counted_is_at_least_one() -> None:
    assert Times.parse('{"rounds": 1}').rounds == 1
    with pytest.raises(ValueError, match="rounds: Input should be greater than or equal to 1"):
        Times.parse('{"rounds": 0}')


class Kept(Document):
    schema_version: Literal[2] = 2
    figures: dict[str, float]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '{"schema_version": 1}',
            "its schema_version is 1 and this version of hwnas reads 2, so another version wrote",
        ),
        ('{"schema_version": 3, "figures": {}}', "its schema_version is 3 and .* so another version wrote it"),
        ('{"schema_version": 2}', "figures: Field required, as in files of another version of hwnas"),
        ('{"schema_version": 2, "figures": {}, "old": 1}', "old: .*, as in files of another version of hwnas"),
        ('{"schema_version": "1"}', "schema_version: Input should be 2"),
        ('{"schema_version": 2, "figures": {"a": "b"}}', "figures.a: Input should be a valid number"),
    ],
)
def test_a_file_of_another_version_is_told_from_a_damaged_one(content: str, said: str) -> None:
    with pytest.raises(ValueError, match=rf"^{said}") as caught:
        Kept.parse(content)
    assert ("another version" in said) == ("another version" in str(caught.value))
