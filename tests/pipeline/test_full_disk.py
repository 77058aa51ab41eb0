"""A disk that is really full: one sentence, exit code 2, nothing measured lost; after space is made the same command
continues. Real processes on a real file system of a few megabytes.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import safe_open

from tests.halting import Halt
from tests.pipeline.test_killed import front
from tests.pipeline.tiny_disk import TinyDisk
from tests.runs import SAVE_OFTEN, SEARCH, Console, answered, rows, tiny_run

PROFILE = ("profile", "simulated", "--space", "tiny", "--samples", "8", "--preset", "rapid", "--out")


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyDisk]:
    disk = TinyDisk(tmp_path_factory.mktemp("disk"))
    yield disk
    disk.unmount()


@pytest.fixture
def disk(mounted: TinyDisk) -> TinyDisk:
    mounted.clear()
    return mounted


@pytest.fixture
def console(disk: TinyDisk, tmp_path: Path) -> Console:
    return Console(tmp_path, within=disk.enter)


def refused(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """After the progress bars one sentence, about the disk."""
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.startswith("hwnas: ")]
    assert len(said) == 1
    assert said[0] == ended.stderr.splitlines()[-1]
    for word in words:
        assert word in said[0]


def test_training_keeps_its_last_checkpoint_and_continues(disk: TinyDisk, console: Console, tmp_path: Path) -> None:
    checkpoint = disk.outside / "run" / "training.safetensors"
    words = ("train", "tiny", "--task", "tiny", "--epochs", "4", "--batch-size", "16", "-o", disk.place / "run")
    saved = Halt("hwnas.training._loop:Trainer", "_save", 4, tmp_path / "halt", before=SAVE_OFTEN)
    refused(console.during(saved, lambda: disk.leave(0), *words), "No space left", "free space")
    with safe_open(checkpoint, framework="np") as file:
        assert json.loads(file.metadata()["state"])["step"] == 3
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["training.jsonl", checkpoint.name]
    disk.make_space()
    ended = console.run(*words)
    assert ended.returncode == 0, ended.stderr
    assert "Trained 12 steps" in ended.stdout


def test_a_profile_keeps_its_timings_and_continues(disk: TinyDisk, console: Console, tmp_path: Path) -> None:
    (disk.outside / "run").mkdir()
    disk.leave(200_000)
    refused(console.run(*PROFILE, disk.place / "run" / "table.json"), "is full", "was stored before is safe")
    kept = rows(disk.copied("run", tmp_path / "full") / "table.timings.db", "timings")
    assert 0 < kept < 8 * 5
    disk.make_space()
    ended = console.run(*PROFILE, disk.place / "run" / "table.json")
    assert ended.returncode == 0, ended.stderr
    assert rows(disk.copied("run", tmp_path / "done") / "table.timings.db", "timings") > kept
    assert len(json.loads((disk.outside / "run" / "table.json").read_text())["rows"]) == 8


def test_a_search_keeps_its_evaluations_and_ends_with_the_front_of_one_that_had_space(
    disk: TinyDisk, console: Console, finished: Path, tmp_path: Path
) -> None:
    inside, run = disk.outside / "run", disk.place / "run"
    shutil.copytree(tiny_run(tmp_path / "made"), inside)  # a link of /proc is not followed by copying
    shutil.copytree(finished / "latency_tables", inside / "latency_tables")

    disk.leave(300_000)
    refused(console.run("search", run, *SEARCH), "is full", "was stored before is safe")
    kept = answered(disk.copied("run", tmp_path / "searching"))
    assert 0 < len(kept) < rows(finished / "study.db", "results")

    disk.make_space()
    proved = Halt("hwnas.pipeline.delivery.validation", "prove", 1, tmp_path / "halt")
    refused(console.during(proved, lambda: disk.leave(0), "search", run, *SEARCH), "space")
    assert not (inside / "front.json").exists()
    assert answered(disk.copied("run", tmp_path / "validating"))[: len(kept)] == kept

    disk.make_space()
    ended = console.run("search", run, *SEARCH)
    assert ended.returncode == 0, ended.stderr
    assert front(inside) == front(finished)
    assert len(answered(disk.copied("run", tmp_path / "done"))) == rows(finished / "study.db", "results")


def test_an_export_leaves_what_was_there_and_hands_out_once_there_is_space(
    disk: TinyDisk, console: Console, finished: Path
) -> None:
    shutil.copytree(finished, disk.outside / "run")
    model = disk.outside / "model.onnx"
    model.write_bytes(b"an earlier one")
    words = (
        "export",
        disk.place / "run",
        "--max-latency",
        "1s",
        "--preset",
        "rapid",
        "-o",
        disk.place / "model.onnx",
        "--force",
    )
    disk.leave(0)
    refused(console.run(*words), "space")
    assert model.read_bytes() == b"an earlier one"
    disk.make_space()
    assert console.run(*words).returncode == 0
    assert json.loads(model.with_suffix(".json").read_text())["size_bytes"] == model.stat().st_size
