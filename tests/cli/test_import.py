"""`hwnas import`: a published table becomes one of ours, and what could not be read is said."""

import json
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.formats.published import write


def test_sums_of_operators_say_how_many_and_the_range_of_all_architectures(command: Command, tmp_path: Path) -> None:
    Path("t.csv").write_text("depth,width,latency_ms\n1,8,1.5\n2,8,2.5\n2,16,4\n")
    ended = command("import", "t.csv", "--out", "t.json", "--device", "Board")
    assert ended.code == 0, ended.errors
    assert "3 architectures of tabular on Board: 1.5 ms to 4 ms (columns)." in ended.output
    assert "Next: hwnas predict t.json --architectures t.json" in ended.output
    content = json.loads((tmp_path / "t.json").read_text())
    assert sorted(row["latency_ms"] for row in content["rows"]) == [1.5, 2.5, 4.0]


def test_a_unit_that_the_file_does_not_say_is_taken_from_the_option(command: Command) -> None:
    Path("t.csv").write_text("depth,time\n1,0.0015\n2,0.0025\n")
    asked = ("import", "t.csv", "--out", "t.json", "--table", "time")
    assert command(*asked).code == 2
    ended = command(*asked, "--unit", "s")
    assert ended.code == 0, ended.errors
    assert "1.5 ms to 2.5 ms" in ended.output


def test_a_table_that_is_there_is_not_overwritten_without_force(command: Command, tmp_path: Path) -> None:
    asked = ("import", write(tmp_path)["hat"], "--out", "t.json")
    Path("t.json").write_text("mine")
    refused(command(*asked), "t.json", "--force")
    assert Path("t.json").read_text() == "mine"
    assert command(*asked, "--force").code == 0


def test_an_unknown_format_is_answered_with_the_known_ones(command: Command, tmp_path: Path) -> None:
    refused(command("import", write(tmp_path)["hat"], "--out", "t.json", "--format", "hatt"), "'hatt'", "hat")
