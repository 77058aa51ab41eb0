from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from tests.formats.published import PLAIN


def test_every_other_column_is_a_choice(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(PLAIN)
    _, table, found = read_published(Source(tmp_path / "t.csv"), None, Wishes())
    assert table == "latency_us"
    assert found.parameters == {"choices": {"kernel": [3, 5], "operation": ["conv", "pool"]}}
    assert [m.latency_ms for m in found.measured] == [1.5, 2.5, 0.5]


def test_what_was_measured_besides_is_no_choice(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("model_name,kernel,accuracy,flops,latency_ms,latency_std_ms\nm0,3,0.9,10,1.5,0.1\n")
    _, _, found = read_published(Source(tmp_path / "t.csv"), None, Wishes())
    assert found.parameters == {"choices": {"kernel": [3]}}


def test_a_unit_that_nobody_says_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("kernel,latency\n3,1.5\n")
    with pytest.raises(InputError, match=r"unit of 'latency' is not known; give --unit"):
        read_published(Source(tmp_path / "t.csv"), None, Wishes())
    assert read_published(Source(tmp_path / "t.csv"), None, Wishes(unit="s"))[2].measured[0].latency_ms == 1500


@pytest.mark.parametrize("latency", ["0", "-1", "nan", "inf", "fast"])
def test_a_latency_that_is_none_is_refused_with_its_row(tmp_path: Path, latency: str) -> None:
    (tmp_path / "t.csv").write_text(f"kernel,latency_ms\n3,1.0\n5,{latency}\n")
    with pytest.raises(InputError, match=r"Row 2 of .* needs a latency above 0"):
        read_published(Source(tmp_path / "t.csv"), None, Wishes())


def test_counts_of_layers_are_choices_and_their_rows_are_not_averaged(tmp_path: Path) -> None:
    rows = [f"{depth},{layers},{layers + depth / 10:.1f}\n" for depth in (2, 3) for layers in (1, 2, 3)]
    (tmp_path / "t.csv").write_text("depth,layer_count,latency_ms\n" + "".join(rows))
    _, _, found = read_published(Source(tmp_path / "t.csv"), None, Wishes())
    assert found.parameters == {"choices": {"depth": [2, 3], "layer_count": [1, 2, 3]}}
    assert [m.latency_ms for m in found.measured] == [1.2, 2.2, 3.2, 1.3, 2.3, 3.3]


def test_rows_of_one_network_that_are_far_apart_name_the_column_they_differ_in(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("width,memory,latency_ms\n8,1,1.0\n8,2,2.0\n")
    with pytest.raises(
        InputError, match="latencies of 1 and 2 ms for one network, whose rows differ in column 'memory'"
    ):
        read_published(Source(tmp_path / "t.csv"), None, Wishes())
    _, _, found = read_published(Source(tmp_path / "t.csv"), None, Wishes(choices=("memory",)))
    assert found.parameters == {"choices": {"width": [8], "memory": [1, 2]}}
    assert len(read_published(Source(tmp_path / "t.csv"), None, Wishes(ignored=("memory",)))[2].measured) == 2


def test_an_empty_option_is_refused_and_an_empty_latency_told_of(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("width,latency_ms\n8,1.0\n,2.0\n")
    with pytest.raises(InputError, match=r"Row 2 of .* has nothing in column 'width'"):
        read_published(Source(tmp_path / "t.csv"), None, Wishes())
    (tmp_path / "t.csv").write_text("width,latency_ms\n8,1.0\n16,\n")
    assert (
        "1 rows without a latency_ms were left out."
        in read_published(Source(tmp_path / "t.csv"), None, Wishes())[2].notes
    )


def test_a_file_without_choices_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,latency_ms\n8,1.0\n")
    with pytest.raises(InputError, match="no column that is a choice"):
        read_published(Source(tmp_path / "t.csv"), None, Wishes())
