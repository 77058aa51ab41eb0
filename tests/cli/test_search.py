"""What a search says once it is done, and that the same command again evaluates nothing."""

import re
import shutil
from pathlib import Path

from hwnas.pipeline.delivery.front import Front
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.runs import SEARCH


def test_a_finished_search_is_told_again_from_what_is_stored(command: Command, finished: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    before = Front.read(run / "front.json")
    ended = command("search", run, *SEARCH)
    assert ended.code == 0, ended.errors
    told = re.search(
        r"Hypervolume after (\d+) evaluations each: surrogate ([\d.]+), random search ([\d.]+)\.", ended.output
    )
    assert told
    assert int(told[1]) == before.evaluations
    assert [float(told[2]), float(told[3])] == [round(before.hypervolume[n], 3) for n in ("surrogate", "random")]
    assert all(member.key in ended.output for member in before.members)
    assert Front.read(run / "front.json").members == before.members
    middle_ms = before.members[len(before.members) // 2].limited_ms
    assert f"--max-latency {middle_ms * 1.05:.3g}ms -o model.onnx" in ended.output.splitlines()[-1]


def test_a_time_and_a_setting_that_are_none_are_refused(command: Command, run_folder: Path) -> None:
    refused(command("search", run_folder, *SEARCH, "--time", "soon"), "soon")
    refused(command("search", run_folder, *SEARCH, "--setting", "initial"), "name=value", "initial=20")
    assert not (run_folder / "latency_tables").exists()


def test_bits_need_no_word_and_are_then_those_of_blocks(command: Command, run_folder: Path) -> None:
    ended = command("search", run_folder, *SEARCH, "--bits", "--dry-run")  # refused with the command's own sentence
    refused(ended, "A search with --bits is of one device")
    refused(command("search", run_folder, *SEARCH, "--bits=blok"), "block, all, none, layer", "'blok'")
    refused(command("search", "--bits", run_folder, "--time", "soon"), "soon")
    refused(command("search", run_folder, *SEARCH, "--recover", "bias"), "nothing to recover without integers")
