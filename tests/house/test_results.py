"""Results of benchmarks say what was claimed, whether it was met and how they were made, and nothing about where."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
RESULTS = sorted((BENCHMARKS / "results").glob("*.json"))


@pytest.fixture(scope="module")
def saving() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("_saving")


@pytest.fixture(scope="module")
def thresholds(saving: ModuleType) -> ModuleType:
    return sys.modules[saving.met.__module__]


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


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_every_result_tells_claim_command_commit_machine_and_whether_it_was_met(
    thresholds: ModuleType, path: Path
) -> None:
    result = json.loads(path.read_text())
    assert result["claim"].startswith(("Claim", "Not a claim"))
    assert result["command"].startswith(("python benchmarks/", "hwnas "))
    assert re.fullmatch(r"[0-9a-f]{12}\+?", result["commit"])
    assert result["machine"] == "not recorded" or {"processor", "cores", "runtime"} <= set(result["machine"])
    expected = thresholds.met(path.stem, result)
    assert (result["met"], result.get("met_reason")) == (
        (None, expected) if isinstance(expected, str) else (expected, None)
    )


def test_every_benchmark_that_saves_has_a_threshold_or_a_reason(thresholds: ModuleType) -> None:
    imports = re.compile(r"import (\w+, )*save\n")
    saving = {path.stem for path in BENCHMARKS.glob("[!_]*.py") if imports.search(path.read_text())}
    assert saving == set(thresholds.THRESHOLDS)


def test_the_table_of_claims_is_up_to_date(saving: ModuleType) -> None:
    assert sys.modules[saving.write_page.__module__].page() == (ROOT / "docs" / "claims.md").read_text()


@pytest.mark.parametrize(("benchmark", "page"), [("bits_page", "bits.md"), ("shrink_page", "own_networks.md")])
def test_the_tables_of_a_page_are_those_of_the_results(saving: ModuleType, benchmark: str, page: str) -> None:  # noqa: ARG001  it adds the folder
    assert importlib.import_module(benchmark).page() == (ROOT / "docs" / page).read_text()
