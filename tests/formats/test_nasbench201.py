import json
from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from hwnas.formats.nasbench201 import EDGES, OPERATIONS
from hwnas.pipeline.open import space_of
from tests.formats.published import CELL, CELLS


def test_cells_become_six_edges_and_units_come_from_the_names_of_columns(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(CELLS)
    source = Source(tmp_path / "cells.csv")
    _, _, found = read_published(source, None, Wishes(table="lat_ms_a"))
    operations = ["skip_connect", "none", "avg_pool_3x3", "none", "none", "nor_conv_1x1"]
    assert found.measured[2].architecture == dict(zip(EDGES, operations, strict=True))
    assert found.measured[0].latency_ms == 3.5
    assert read_published(source, None, Wishes(table="lat_s_b"))[2].measured[0].latency_ms == 3.5


@pytest.mark.parametrize("key", [CELL.format(*["nor_conv_3x3"] * 6), "(3, 3, 3, 3, 3, 3)", "[3,3,3,3,3,3]"])
def test_json_from_cells_to_seconds_needs_its_unit(tmp_path: Path, key: str) -> None:
    (tmp_path / "cells.json").write_text(json.dumps({key: 0.0125}))
    source = Source(tmp_path / "cells.json")
    with pytest.raises(InputError, match="give --unit"):
        read_published(source, None, Wishes())
    _, _, found = read_published(source, None, Wishes(unit="s"))
    assert found.measured[0].latency_ms == pytest.approx(12.5)
    assert set(found.measured[0].architecture.values()) == {OPERATIONS[3]}


def test_its_space_tells_the_ways_a_runtime_may_treat_a_cell(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(CELLS)
    _, _, found = read_published(Source(tmp_path / "cells.csv"), None, Wishes(table="lat_ms_a"))
    space = space_of(found.space, found.parameters)
    assert [name for name in space.feature_names if name.endswith(":any")] == [
        f"{way}:any" for way in ("all", "needed", "live", "constant", "folded")
    ]
    assert len(space.feature_names) == 5 * len(OPERATIONS)


def test_an_operation_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text(json.dumps({"(3, 3, 3, 3, 3, 9)": 1.0}))
    with pytest.raises(InputError, match="expected six of none"):
        read_published(Source(tmp_path / "cells.json"), None, Wishes(unit="ms"))


@pytest.mark.parametrize("key", ["(-3, 3, 3, 3, 3, 3)", "3.5, 3, 3, 3, 3", "v3 3 3 3 3 3 3", "(3, 3, 3, 3, 3, 03)"])
def test_signs_and_words_among_the_numbers_are_not_passed_over(tmp_path: Path, key: str) -> None:
    (tmp_path / "cells.json").write_text(json.dumps({key: 1.0}))
    with pytest.raises(InputError, match=r"expected six of none|in no format"):
        read_published(Source(tmp_path / "cells.json"), None, Wishes(unit="ms"))


def test_a_truth_value_is_no_latency(tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text(json.dumps({"(3, 3, 3, 3, 3, 3)": True}))
    with pytest.raises(InputError, match="needs a latency above 0, got True"):
        read_published(Source(tmp_path / "cells.json"), None, Wishes(unit="ms"))
