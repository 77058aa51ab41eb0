"""SIGKILL at any moment, the same command again: it continues, repeats nothing, and ends the same. Real processes."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from hwnas.archive import Archive
from hwnas.export import manifest as manifests
from tests.halting import Halt
from tests.runs import SAVE_OFTEN, SEARCH, Console, answered, rows, tiny_run


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def front(folder: Path) -> dict[str, object]:
    """All of it but how long the device has been known."""
    content: dict[str, object] = json.loads((folder / "front.json").read_text())
    return {**content, "level": {**content["level"], "hours": 0.0}}  # type: ignore[dict-item]


def begun(folder: Path, finished: Path) -> Path:
    """A run that has the finished one's profile and nothing else."""
    tiny_run(folder)
    shutil.copytree(finished / "latency_tables", folder / "latency_tables")
    return folder


def test_a_search_killed_twice_ends_with_the_front_of_an_uninterrupted_one(
    console: Console, finished: Path, tmp_path: Path
) -> None:
    folder = begun(tmp_path / "run", finished)
    seen: list[tuple[object, ...]] = []
    for evaluations, already in ((3, 0), (12, 3)):
        stored = Halt("hwnas.archive:Archive", "add", evaluations - already, tmp_path / "halt")
        console.kill_at(stored, "search", folder, *SEARCH)
        kept = answered(folder)
        assert len(kept) >= evaluations
        assert kept[: len(seen)] == seen
        seen = kept
    ended = console.run("search", folder, *SEARCH)
    assert ended.returncode == 0, ended.stderr
    assert answered(folder)[: len(seen)] == seen
    assert len(answered(folder)) == rows(finished / "study.db", "results")
    assert front(folder) == front(finished)


def without_validation(folder: Path) -> Path:
    """A run whose search is done and whose finalists nobody has looked at."""
    shutil.rmtree(folder / "subnets")
    (folder / "front.json").unlink()
    connection = sqlite3.connect(folder / "study.db")
    connection.execute("DELETE FROM timings WHERE session LIKE 'finalists%'")
    connection.commit()
    connection.close()
    return folder


def test_a_validation_killed_in_each_of_its_steps_ends_with_the_front_of_an_uninterrupted_one(
    console: Console, finished: Path, searched: Path, tmp_path: Path
) -> None:
    folder = without_validation(searched)
    subnets, before = folder / "subnets", rows(folder / "study.db", "timings")
    search, flag = ("search", folder, *SEARCH), tmp_path / "halt"
    console.kill_at(Halt("hwnas.pipeline.delivery.validation", "prove", 2, flag), *search)
    assert len(list(subnets.glob("*.onnx"))) > 1
    assert rows(folder / "study.db", "timings") == before
    console.kill_at(Halt("hwnas.archive:Archive", "add_timings", 5, flag), *search)
    assert before + 5 <= rows(folder / "study.db", "timings") < rows(finished / "study.db", "timings")
    assert not list(subnets.glob("*.json"))
    console.kill_at(Halt("hwnas.export.manifest", "write", 2, flag), *search)
    assert len(list(subnets.glob("*.json"))) == 2
    assert not (folder / "front.json").exists()
    ended = console.run("search", folder, *SEARCH)
    assert ended.returncode == 0, ended.stderr
    assert front(folder) == front(finished)
    assert rows(folder / "study.db", "timings") == rows(finished / "study.db", "timings")


def test_an_export_killed_between_model_and_manifest_hands_out_both_the_next_time(
    console: Console, finished: Path, searched: Path, tmp_path: Path
) -> None:
    model = searched / "out" / "model.onnx"
    words = ("export", searched, "--max-latency", "1s", "--preset", "rapid", "-o", model)
    reference = searched / "subnets" / "reference.onnx"
    reference.unlink()
    console.kill_at(Halt("hwnas.pipeline.latencies.timed", "write_reference", 1, tmp_path / "halt"), *words)
    assert reference.exists()
    assert not model.exists()
    console.kill_at(Halt("hwnas.pipeline.delivery.hand_out", "write_atomic", 2, tmp_path / "halt"), *words)
    assert model.exists()
    assert not model.with_suffix(".json").exists()
    assert front(searched) == front(finished)
    ended = console.run(*words)
    assert ended.returncode == 0, ended.stderr
    assert manifests.verify(model).budget_ms == 1000


def test_two_processes_that_search_one_run_at_once_end_with_the_same_front(
    console: Console, finished: Path, tmp_path: Path
) -> None:
    folder = begun(tmp_path / "run", finished)
    both = [console.start("search", folder, *SEARCH) for _ in range(2)]
    for process in both:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert front(folder) == front(finished)
    assert len(answered(folder)) == rows(finished / "study.db", "results")


def test_a_killed_profile_continues_and_times_nothing_twice(console: Console, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    database = table.with_suffix(".timings.db")
    words = ("--space", "tiny", "--samples", "8", "--preset", "rapid", "--out", table)
    console.kill_at(Halt("hwnas.archive:Archive", "add_timings", 5, tmp_path / "halt"), "profile", "simulated", *words)
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
    words = ("train", "tiny", "--task", "tiny", "--epochs", "4", "--batch-size", "16", "-o")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert console.run(*words, whole).returncode == 0
    saved = Halt("hwnas.training._loop:Trainer", "_save", 4, tmp_path / "halt", before=SAVE_OFTEN)
    console.kill_at(saved, *words, killed)
    assert not (killed / "supernet.safetensors").exists()
    ended = console.run(*words, killed)
    assert ended.returncode == 0, ended.stderr
    assert "Trained 12 steps" in ended.stdout
    assert _tensors(killed) == _tensors(whole)


def _tensors(folder: Path) -> dict[str, bytes]:
    from safetensors.numpy import load_file

    return {name: array.tobytes() for name, array in load_file(folder / "supernet.safetensors").items()}
