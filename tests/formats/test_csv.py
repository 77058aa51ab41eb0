from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.limits import MOST_COLUMNS
from hwnas.formats._csv import read_csv
from hwnas.formats._source import Source

PATH = Path("t.csv")
EXPECTED = [{"a": "1", "latency_ms": "1.5"}, {"a": "2", "latency_ms": "2.5"}]


@pytest.mark.parametrize(
    "text",
    [
        "a,latency_ms\n1,1.5\n2,2.5\n",
        "a;latency_ms\n1;1,5\n2;2,5\n",
        "a\tlatency_ms\n1\t1.5\n2\t2.5\n",
        "a,latency_ms\r1,1.5\r2,2.5\r",
        "a,latency_ms\r\n1,1.5\r\n\r\n2,2.5",
        "# made on a Tuesday, in rain\n# by hand\na,latency_ms\n1,1.5\n2,2.5\n",
        "# a,latency_ms\n1,1.5\n2,2.5\n",
        "sep=;\na;latency_ms\n1;1.5\n2;2.5\n",
        "a,latency_ms,\n1,1.5,\n2,2.5,\n",
        "a,latency_ms\n1,1.5,\n2,2.5,\n,,\n",
        "\n \na , latency_ms\n 1 , 1.5\n 2 , 2.5\n",
        '"a","latency_ms"\n"1","1.5"\n"2","2.5"\n',
    ],
)
def test_the_same_table_is_read_however_it_is_written(text: str) -> None:
    assert read_csv(PATH, text).records == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_same_table_is_read_in_every_unicode(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes("grösse;latency_ms\n1;1,5\n".encode(encoding))
    assert Source(tmp_path / "t.csv").records == [{"grösse": "1", "latency_ms": "1.5"}]


def test_decimal_commas_are_told_of() -> None:
    assert read_csv(PATH, "a;latency_ms\n1;1,280\n").notes == [
        "Decimal commas in column 'latency_ms' were read as points."
    ]
    assert read_csv(PATH, "a;latency_ms\n1;1.28\n").notes == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,latency_ms\n1,1,5\n", r"Row 1 .* has 3 fields, the header has 2"),
        ("a,latency_ms\n1,1.5\n2\n", r"Row 2 .* has 1 fields, the header has 2"),
        ("a,b,a\n1,2,3\n", "column 'a' twice"),
        ("a;latency_ms\n1;1,5\n2;2.5\n", "decimal commas and points in column 'latency_ms'"),
        ('a,latency_ms\n"1,1.5\n', "not a CSV that can be read"),
        ("a,latency_ms\n" + "1" * 131_073 + ",1.5\n", "field"),
        ("a,latency_ms\n" + "1" * 10**6 + ",1.5\n", "characters"),
        (",".join(map(str, range(10**6))) + "\n", f"has 1000000 columns, at most {MOST_COLUMNS}"),
    ],
)
def test_what_is_ambiguous_broken_or_too_large_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_csv(PATH, text)
    assert len(str(caught.value)) < 400


def test_a_line_may_be_longer_than_a_field_but_not_than_four() -> None:
    header = ",".join(f"{i}{'x' * 60_000}" for i in range(6)) + ",latency_ms\n"
    assert len(read_csv(PATH, header + "1,1,1,1,1,1,1.5\n").records) == 1
    with pytest.raises(InputError, match="has a line of 480"):
        read_csv(PATH, ",".join("x" * 60_000 for _ in range(8)) + "\n1\n")
