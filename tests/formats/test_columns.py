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
