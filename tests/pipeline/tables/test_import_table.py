from pathlib import Path

import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline.open import space_of
from hwnas.pipeline.tables.import_table import Importing, import_table
from hwnas.profiling.table import LatencyTable
from tests.formats.published import write


@pytest.mark.parametrize(
    ("name", "table"), [("once_for_all", None), ("hat", None), ("nasbench201", "lat_ms_a"), ("columns", None)]
)
def test_what_others_publish_becomes_a_table_that_says_where_it_is_from(
    tmp_path: Path, name: str, table: str | None
) -> None:
    path = write(tmp_path)[name]
    made = import_table(Importing(path, table=table, device="Some phone", samples=20), tmp_path / "out.json")
    read = LatencyTable.read(tmp_path / "out.json")
    assert read == made
    assert read.source is not None
    assert (read.source.format, read.source.file) == (name, path.name)
    assert read.verdict.state == "imported"
    assert "not known here" in read.verdict.advice
    assert read.device.processor == "Some phone"
    genomes, latencies = read.arrays(space_of(read.space.name, read.space.parameters))
    assert len(genomes) == len(latencies) == len(read.rows)


def test_rows_of_an_operator_table_are_its_sums_and_cover_both_ends(tmp_path: Path) -> None:
    table = import_table(Importing(write(tmp_path)["once_for_all"], samples=20), tmp_path / "out.json")
    space = space_of(table.space.name, table.space.parameters)
    assert len(table.rows) == 20
    assert all(row.latency_ms == pytest.approx(table.summed(row.architecture)) for row in table.rows)
    known = {space.architecture(row.architecture): row.latency_ms for row in table.rows}
    assert known[space.smallest] == min(known.values())
    assert known[space.largest] == max(known.values())
    assert table.rows[0].macs is not None


def test_figures_of_one_architecture_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("kernel,latency_ms\n3,1.0\n3,3.0\n5,4.0\n")
    table = import_table(Importing(path), tmp_path / "out.json")
    assert [(row.architecture, row.latency_ms, row.rounds) for row in table.rows] == [
        ({"kernel": 3}, 2.0, 2),
        ({"kernel": 5}, 4.0, 1),
    ]


def test_a_file_in_no_known_format_is_answered_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"in no format that hwnas knows .*once_for_all"):
        import_table(Importing(path), tmp_path / "out.json")


@pytest.mark.parametrize(
    ("column", "device"),
    [
        ("latency_ms", "an unknown device"),
        ("mean_time (s)", "an unknown device"),
        ("pixel3_latency_ms", "pixel3_latency_ms"),
        ("latency_galaxy_s_ms", "latency_galaxy_s_ms"),
    ],
)
def test_a_column_that_names_no_device_is_not_taken_for_one(tmp_path: Path, column: str, device: str) -> None:
    cards = []
    for kernels in ("3,1.0", "5,1.0"):
        (tmp_path / "t.csv").write_text(f"kernel,{column}\n1,1.0\n{kernels}\n")
        cards.append(import_table(Importing(tmp_path / "t.csv"), tmp_path / "out.json").device)
    assert [card.device for card in cards] == [device] * 2
    assert (cards[0] == cards[1]) == (device != "an unknown device")  # nobody knows that two unknown ones are the same
