"""Every command shows an example in its help, does its work, and ends by naming the next one."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from hwnas.cli._app import commands, function_of
from hwnas.pipeline.delivery.front import Front
from tests.cli.conftest import Command
from tests.formats.published import write


def names_the_next(output: str) -> None:
    found = re.search(r"^Next: hwnas (\w+)", output, re.MULTILINE)
    assert found, output
    assert found[1] in commands()


@pytest.mark.parametrize("name", commands())
def test_help_shows_an_example(command: Command, name: str) -> None:
    ended = command(name, "--help")
    assert ended.code == 0
    assert f"Example: hwnas {name}" in ended.output


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_next_one_to_name(name: str) -> None:
    import hwnas.cli

    assert "next_command(" in (Path(hwnas.cli.__file__).parent / f"{function_of(name)}.py").read_text()


def test_the_way_from_a_space_to_a_checked_model_names_each_next_step(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    budget = f"{Front.read(run / 'front.json').members[-1].latency_ms_interval[1] * 1.05}ms"
    for words in (
        ("spaces",),
        ("spaces", "tiny", "--device", "simulated"),
        ("train", "tiny", "--task", "tiny", "-o", "new", "--epochs", "1", "--batch-size", "16"),
        ("profile", "simulated", "--space", "tiny", "--samples", "24", "--preset", "rapid", "--out", "t.json"),
        ("search", run, "--device", "simulated", "--samples", "24", "--max-latency", "9ms", "--dry-run"),
        ("show", run),
        ("report", run),
        ("export", run, "--max-latency", budget, "-o", "model.onnx", "--preset", "rapid"),
        ("check", "model.onnx", "--max-latency", "10s", "--device", "simulated", "--preset", "rapid"),
    ):
        ended = command(*words)
        assert ended.code == 0, ended.errors
        names_the_next(ended.output)
        if "--dry-run" in words:
            named = shlex.split(ended.output.splitlines()[-1].removeprefix("Next: ").rpartition("  (")[0])
            assert sorted(named) == sorted(["hwnas", *map(str, words[:-1])])
    assert (tmp_path / "model.json").is_file()


def test_the_next_command_can_be_pasted_whatever_the_folder_is_called(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(finished, tmp_path / "my $run's")
    last = command("show", run).output.splitlines()[-1]
    assert shlex.split(last.removeprefix("Next: ").rpartition("  (")[0]) == ["hwnas", "report", str(run)]


def test_check_speaks_json_and_says_a_broken_budget_with_its_exit_code(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    model = shutil.copy(sorted((finished / "subnets").glob("?" * 12 + ".onnx"))[0], tmp_path / "model.onnx")
    check = ("check", model, "--device", "simulated", "--preset", "rapid", "--json", "--max-latency")
    kept, broken = command(*check, "10s"), command(*check, "0.001us")
    assert (kept.code, broken.code) == (0, 1)
    assert json.loads(kept.output)["kept"] is True
    found = json.loads(broken.output)
    assert found["kept"] is False
    assert found["latency_ms_interval"][0] <= found["latency_ms"] <= found["latency_ms_interval"][1]
    assert "over its budget of 1e-06 ms by" in broken.errors


def test_several_devices_are_shown_side_by_side(command: Command, finished: Path, tmp_path: Path) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    (table,) = (run / "latency_tables").glob("*.json")
    shutil.copy(table, tmp_path / "phone.json")
    search = ("search", run, "--evaluations", "16", "--samples", "24", "--preset", "rapid")
    ended = command(*search, "--device", "simulated", "--device", "table:phone.json")
    assert ended.code == 0, ended.errors
    assert "Side by side" in ended.output
    assert "from a table, not timed" in ended.output
    exported = command("export", run, "--max-latency", "10s", "-o", "m.onnx", "--device", "table:phone.json")
    assert exported.code == 0, exported.errors
    assert "Not timed, but taken from table:phone.json" in exported.output


def test_a_bundle_is_written_and_the_way_to_check_it_named(command: Command, finished: Path, tmp_path: Path) -> None:
    run = shutil.copytree(finished, tmp_path / "run")
    exported = command("export", run, "--max-latency", "10s", "--bundle", "--device", "simulated")
    assert exported.code == 0, exported.errors
    assert "shipped: on 48 images its accuracy is" in exported.output
    assert "python bundle/recheck.py" in exported.output
    assert (tmp_path / "bundle" / "model.onnx").is_file()


def test_device_cards_are_shown_and_compared(command: Command, finished: Path) -> None:
    (table,) = (finished / "latency_tables").glob("*.json")
    shown = command("device", "card", "cpu")
    assert shown.code == 0
    names_the_next(shown.output)
    assert "instructions" in shown.output
    compared = command("device", "diff", table, "cpu", "--json")
    differing = {entry["field"]: entry for entry in json.loads(compared.output)}
    assert differing["runtime"]["first"] == "none 1"
    assert command("device", "diff", "cpu", "cpu").output.startswith("The cards tell no difference")
    assert command("device", "diff", "cpu").code == 2


def test_published_tables_are_imported(command: Command, tmp_path: Path) -> None:
    ended = command("import", write(tmp_path)["hat"], "--out", "t.json", "--device", "Titan Xp")
    assert ended.code == 0, ended.errors
    assert "2 architectures of tabular on Titan Xp" in ended.output
    names_the_next(ended.output)
    refused = command("import", tmp_path / "none.csv", "--out", "t.json")
    assert (refused.code, refused.errors.count("\n")) == (2, 1)


def test_an_import_says_what_each_column_was_taken_for(command: Command, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",layer_count,acc,latency_ms\n0,1,0.9,1.0\n1,2,0.8,2.0\n")
    ended = command("import", tmp_path / "t.csv", "--out", "t.json")
    assert ended.code == 0, ended.errors
    for said in ("choices: layer_count", "latencies: latency_ms", "not used: acc", "not used: a column without a name"):
        assert said in ended.output
    asked = command("import", tmp_path / "t.csv", "--out", "t.json", "--ignore", "layer_count")
    assert asked.code == 2
    assert "--choice" in asked.errors
