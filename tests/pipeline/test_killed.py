"""SIGKILL at any moment, the same command again: it continues, repeats nothing, and ends the same. Real processes."""

import json
import shutil
from pathlib import Path

import pytest

from hwnas.archive import Archive
from tests.runs import SAVE_OFTEN, SEARCH, Console, answered, rows, tiny_run

ANSWERS = ("architecture", "search_accuracy", "accuracy")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def front(folder: Path) -> list[list[object]]:
    members = json.loads((folder / "front.json").read_text())["members"]
    return [[member[name] for name in ANSWERS] for member in members]


def begun(folder: Path, finished: Path) -> Path:
    """A run that has the finished one's profile and nothing else."""
    tiny_run(folder)
    shutil.copytree(finished / "latency_tables", folder / "latency_tables")
    return folder


def test_a_search_killed_twice_ends_with_the_front_of_an_uninterrupted_one(
    console: Console, finished: Path, tmp_path: Path
) -> None:
    folder = begun(tmp_path / "run", finished)
    database = folder / "study.db"
    seen: list[tuple[object, ...]] = []
    for evaluations in (3, 20):
        assert console.kill_when(lambda n=evaluations: rows(database, "results") >= n, "search", folder, *SEARCH)
        kept = answered(folder)
        assert len(kept) >= evaluations
        assert kept[: len(seen)] == seen
        seen = kept
    ended = console.run("search", folder, *SEARCH)
    assert ended.returncode == 0, ended.stderr
    assert answered(folder)[: len(seen)] == seen
    assert len(answered(folder)) == rows(finished / "study.db", "results")
    assert front(folder) == front(finished)


def test_two_processes_that_search_one_run_at_once_end_with_the_same_front(
    console: Console, finished: Path, tmp_path: Path
) -> None:
    folder = begun(tmp_path / "run", finished)
    both = [console.start("search", folder, *SEARCH) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert front(folder) == front(finished)
    assert len(answered(folder)) == rows(finished / "study.db", "results")


def test_a_killed_profile_continues_and_times_nothing_twice(console: Console, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    database = table.with_suffix(".timings.db")
    words = ("--space", "tiny", "--samples", "8", "--preset", "rapid", "--out", table)
    assert console.kill_when(lambda: rows(database, "timings") >= 5, "profile", "simulated:delay_ms=50", *words)
    kept = rows(database, "timings")
    assert 5 <= kept < 8 * 5
    assert not table.exists()
    ended = console.run("profile", "simulated", *words)
    assert ended.returncode == 0, ended.stderr
    with Archive(database) as archive:
        (session,) = {row[0] for row in archive._rows("SELECT DISTINCT session FROM timings")}
        timings = archive.timings(session)
    assert len(timings) == len({(key, t.round) for key, t in timings}) > kept
    assert len(json.loads(table.read_text())["rows"]) == 8


def test_a_killed_training_continues_and_ends_with_the_same_supernet(console: Console, tmp_path: Path) -> None:
    words = ("train", "tiny", "--task", "tiny", "--epochs", "15", "--batch-size", "16", "-o")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert console.run(*words, whole).returncode == 0
    checkpoint = killed / "training.safetensors"
    saves: set[int] = set()

    def saved_thrice() -> bool:
        if checkpoint.is_file():
            saves.add(checkpoint.stat().st_mtime_ns)
        return len(saves) > 3

    assert console.kill_when(saved_thrice, *words, killed, before=SAVE_OFTEN)
    assert not (killed / "supernet.safetensors").exists()
    ended = console.run(*words, killed)
    assert ended.returncode == 0, ended.stderr
    assert "Trained 45 steps" in ended.stdout
    assert _tensors(killed) == _tensors(whole)


def _tensors(folder: Path) -> dict[str, bytes]:
    from safetensors.numpy import load_file

    return {name: array.tobytes() for name, array in load_file(folder / "supernet.safetensors").items()}
