"""Results of benchmarks say how they were made, and nothing about where."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SAVING = ROOT / "benchmarks" / "_saving.py"


@pytest.fixture(scope="module")
def saving() -> ModuleType:
    spec = importlib.util.spec_from_file_location("saving", SAVING)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("--seeds", "--seeds"),
        ("10", "10"),
        ("/data/tables", "$HWNAS_DATA"),
        ("/data/tables/nb.csv.gz", "$HWNAS_DATA/nb.csv.gz"),
        ("/data/tables2/nb.csv.gz", "FOLDER/nb.csv.gz"),
        (f"--run={ROOT}/runs/a", "--run=./runs/a"),
        (f"{Path.home()}/runs/a", "$HOME/runs/a"),
        ("table:/mnt/secret/T.json,/mnt/x/U.json", "table:FOLDER/T.json,FOLDER/U.json"),
        ("ssh://user@board", "ssh://user@board"),
        ("../runs/a", "../runs/a"),
    ],
)
def test_a_command_is_kept_without_the_folders_of_the_machine(
    saving: ModuleType, monkeypatch: pytest.MonkeyPatch, word: str, kept: str
) -> None:
    monkeypatch.setenv("HWNAS_DATA", "/data/tables/")
    monkeypatch.setattr(sys, "argv", ["/some/where/benchmarks/next_timings.py", word])
    assert saving.provenance()["command"] == f"python benchmarks/next_timings.py {kept}"


def test_no_result_names_a_folder_of_a_machine() -> None:
    for path in (ROOT / "benchmarks" / "results").iterdir():
        text = path.read_text()
        assert not [folder for folder in ("/home/", "/root/", "/work/", "/tmp/", "/Users/") if folder in text], path  # noqa: S108
