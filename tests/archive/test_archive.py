"""The archive keeps what it was given, whatever happens to the process, the file or the disk."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwnas.archive import Archive
from hwnas.archive.records import FittingRecord, ProfileRecord, SearchRecord, Sought
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Timing
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial

OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", limit=5.0)]


def trial(i: int, fidelity: str = "full") -> Trial:
    return Trial(Architecture({"depth": i, "kind": "a", "wide": True, "rate": 0.5}), fidelity)


def result(i: int, accuracy: float = 0.5, latency_ms: float = 1.0) -> Result:
    return Result(
        trial(i),
        {"accuracy": accuracy, "latency_ms": latency_ms},
        cost_seconds=1.5,
        curve=(0.1, 0.4),
        provenance={"device": "abc", "code": "0.1.0"},
    )


def test_a_result_comes_back_as_it_went_in_after_reopening(tmp_path: Path) -> None:
    failed = Result(trial(2), {}, error="out of memory")
    with Archive(tmp_path / "deep" / "study.db") as archive:
        archive.add(result(1))
        archive.add(failed)
    with Archive(tmp_path / "deep" / "study.db") as archive:
        assert archive.results() == [result(1), failed]
        assert archive.get(trial(1), {"code": "0.1.0", "device": "abc"}) == result(1)
        assert archive.get(trial(1, "one-epoch"), result(1).provenance) is None
        assert archive.get(trial(2)) == failed


def test_the_first_answer_to_a_trial_is_kept() -> None:
    archive = Archive()
    archive.add(result(1, accuracy=0.5))
    assert archive.add(result(1, accuracy=0.9)).figures["accuracy"] == 0.5
    assert len(archive) == 1


def test_device_and_code_version_can_be_asked_for_in_plain_sql(tmp_path: Path) -> None:
    with Archive(tmp_path / "study.db") as archive:
        archive.add(result(1))
    rows = sqlite3.connect(tmp_path / "study.db").execute("SELECT device, code FROM results").fetchall()
    assert rows == [("abc", "0.1.0")]


def test_a_figure_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="accuracy = nan"):
        Archive().add(result(1, accuracy=float("nan")))


def test_the_front_is_of_results_within_the_limits_best_first() -> None:
    archive = Archive()
    for r in (result(1, 0.9, 9.0), result(2, 0.7, 3.0), result(3, 0.6, 3.5), result(4, 0.5, 1.0)):
        archive.add(r)
    archive.add(Result(trial(5), {}, error="broken"))
    archive.add(Result(trial(6, "one-epoch"), {"accuracy": 1.0, "latency_ms": 0.1}))
    archive.add(Result(trial(7), {"accuracy": 1.0}))
    assert [r.trial for r in archive.front(OBJECTIVES)] == [trial(2), trial(4)]


def test_the_front_is_the_least_violating_when_nothing_is_within_the_limits() -> None:
    archive = Archive()
    for r in (result(1, 0.9, 9.0), result(2, 0.7, 6.0)):
        archive.add(r)
    assert [r.trial for r in archive.front(OBJECTIVES)] == [trial(2)]
    assert Archive().front(OBJECTIVES) == []


def of(strategy: str, **more: Any) -> SearchRecord:
    sought = [Sought(name="accuracy", direction="max")]
    return SearchRecord(space="s", objectives=sought, strategy=strategy, seed=0, **more)


def test_searches_share_answers_and_keep_their_own_order() -> None:
    archive = Archive()
    for name in ("b", "a"):
        archive.begin(name, of(name, provenance=dict(result(1).provenance)))
    assert archive.propose("a", 0, [trial(2), trial(1)]) == [trial(2), trial(1)]
    assert archive.propose("a", 0, [trial(9)]) == [trial(2), trial(1)], "what was recorded first counts"
    archive.propose("a", 1, [trial(3)])
    archive.propose("b", 0, [trial(1)])
    for i in (1, 2):
        archive.add(result(i))
    assert archive.batches("a") == [[trial(2), trial(1)], [trial(3)]]
    assert [r.trial for r in archive.results("a")] == [trial(2), trial(1)]
    assert [r.trial for r in archive.results("b")] == [trial(1)]


def test_what_a_search_is_is_settled_when_it_begins_and_found_by_its_role() -> None:
    archive = Archive()
    assert archive.begin("a", of("linas")) == of("linas")
    assert archive.begin("a", of("random")) == of("linas")
    archive.begin("b", of("random", role="baseline"))
    assert list(archive.searches()) == ["a", "b"]
    assert archive.searches("baseline") == {"b": of("random", role="baseline")}
    assert archive.ended("a") is None
    archive.end("a", 12)
    assert (archive.ended("a"), archive.ended("b")) == (12, None)


def test_what_is_left_of_a_batch_when_a_search_ends_is_not_its_own() -> None:
    archive = Archive()
    archive.begin("a", of("a", provenance=dict(result(1).provenance)))
    archive.propose("a", 0, [trial(1), trial(2), trial(3)])
    for i in (1, 2):
        archive.add(result(i))
    assert archive.results("unknown") == []
    archive.end("a", 2)
    archive.add(result(3))  # by another search
    assert [r.trial for r in archive.results("a")] == [trial(1), trial(2)]
    archive.end("a", 3)
    archive.end("a", 1)  # a shorter one of the same sequence, which is known further
    assert [r.trial for r in archive.results("a")] == [trial(1), trial(2), trial(3)]


def test_answers_of_another_provenance_are_kept_beside_one_another() -> None:
    archive = Archive()
    here, there = (
        replace(result(1, 0.5), provenance={"device": "x"}),
        replace(result(1, 0.9), provenance={"device": "y"}),
    )
    archive.add(here)
    assert archive.add(there) == there
    assert archive.get(trial(1), {"device": "x"}) == here
    assert archive.get(trial(1)) is None
    for name, provenance in (("a", {"device": "x"}), ("b", {"device": "y"})):
        archive.begin(name, of(name, provenance=provenance))
        archive.propose(name, 0, [trial(1)])
    assert (archive.results("a"), archive.results("b")) == ([here], [there])
    assert archive.front(OBJECTIVES) == [there], "the newest"


def test_another_thread_may_use_an_archive_and_all_of_them_at_once(tmp_path: Path) -> None:
    with Archive(tmp_path / "study.db") as archive, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: archive.add(result(i % 50)), range(200)))
        assert len(list(threads.map(lambda i: archive.get(trial(i), result(i).provenance), range(50)))) == 50
        assert len(archive) == 50


def test_a_closed_archive_is_said_to_be_closed_not_damaged() -> None:
    archive = Archive()
    archive.close()
    with pytest.raises(InputError, match=r"Cannot use the archive .*memory: .*closed.*; open it again"):
        archive.results()


def test_timings_come_back_in_order_and_repeats_are_ignored() -> None:
    archive = Archive()
    rows = [("k1", Timing(7, 0, 5, 1.0, 2.0, 0.9, 1.9)), ("k0", Timing(3, 0, 5, 1.1, 2.1))]
    archive.add_timings("s", rows)
    archive.add_timings("s", rows)
    assert archive.timings("s") == [("k1", Timing(0, 0, 5, 1.0, 2.0, 0.9, 1.9)), ("k0", Timing(1, 0, 5, 1.1, 2.1))]
    assert archive.timings("other") == []


def test_records_are_replaced_or_settled_for_good() -> None:
    archive = Archive()
    one, two = FittingRecord(evaluations=1), FittingRecord(evaluations=2)
    assert archive.record(FittingRecord, "a") is None
    archive.put("a", one)
    archive.put("a", two)
    assert archive.record(FittingRecord, "a") == two
    assert archive.settle("a", one) == two
    assert archive.settle("b", one) == one
    assert archive.record(ProfileRecord, "a") is None, "another kind"


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def text_file(path: Path) -> None:
    path.write_text("this is no database, but long enough to look like a file of some kind")


def newer_archive(path: Path) -> None:
    Archive(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def truncated_archive(path: Path) -> None:
    with Archive(path) as archive:
        for i in range(200):
            archive.add(result(i))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribbled_archive(path: Path) -> None:
    with Archive(path) as archive:
        for i in range(200):
            archive.add(result(i))
    raw = bytearray(path.read_bytes())
    raw[4096:20480] = random.Random(0).randbytes(16384)
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize(
    "spoil",
    [foreign_database, text_file, newer_archive, truncated_archive, scribbled_archive],
    ids=lambda spoil: spoil.__name__,
)
def test_a_file_that_cannot_be_used_is_named_in_one_sentence_and_left_untouched(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "study.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"study\.db") as caught:
        Archive(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_an_empty_file_and_a_database_without_tables_are_made_archives(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    newborn = sqlite3.connect(tmp_path / "newborn.db")
    newborn.execute("PRAGMA journal_mode = WAL")
    newborn.close()
    for name in ("empty.db", "newborn.db"):
        with Archive(tmp_path / name) as archive:
            archive.add(result(1))
            assert len(archive) == 1


def test_an_archive_that_another_is_just_making_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study.db"
    newborn = sqlite3.connect(path)
    newborn.execute("PRAGMA journal_mode = WAL")
    newborn.close()
    asked: list[str] = []
    connect = sqlite3.connect

    class Overtaken(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            answer = super().execute(sql, *rest)
            asked.append(sql)
            if asked.count("PRAGMA application_id") == 1 and sql == "PRAGMA application_id":
                with monkeypatch.context() as as_before:
                    as_before.setattr(sqlite3, "connect", connect)
                    Archive(path).close()
            return answer

    monkeypatch.setattr(sqlite3, "connect", lambda *words, **more: connect(*words, factory=Overtaken, **more))
    with Archive(path) as archive:
        archive.add(result(1))
        assert len(archive) == 1


def test_a_folder_that_cannot_be_made_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"study\.db"):
        Archive(tmp_path / "file" / "study.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_an_input_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match=r"study\.db"):
            Archive(tmp_path / "study.db")
    finally:
        tmp_path.chmod(0o755)


def test_a_full_disk_is_an_input_error_and_what_was_stored_stays(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    with Archive(path) as archive:
        archive.add(result(0))
        pages = archive._connection.execute("PRAGMA page_count").fetchone()[0]
        archive._connection.execute(f"PRAGMA max_page_count = {pages}")
        stored = 1
        with pytest.raises(InputError, match="full"):
            for i in range(1, 1000):
                archive.add(result(i))
                stored += 1
        assert len(archive) == stored
    with Archive(path) as archive:
        assert len(archive) == stored
        archive.add(result(2000))


ADD_FOR_EVER = """
import sys
from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Result, Trial
archive = Archive(sys.argv[1])
for i in range(int(sys.argv[2])):
    archive.add(Result(Trial(Architecture({"depth": i})), {"accuracy": float(sys.argv[3])}))
    print(i, flush=True)
"""


def adder(path: Path, n: int, value: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ADD_FOR_EVER, str(path), str(n), str(value)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_what_was_added_before_a_kill_is_there_afterwards(lines: int, tmp_path: Path) -> None:
    process = adder(tmp_path / "study.db", 100_000, 1.0)
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    said += [int(line) for line in process.stdout.read().splitlines()]
    process.wait()
    with Archive(tmp_path / "study.db") as archive:
        stored = [r.trial.architecture["depth"] for r in archive.results()]
    assert stored[: len(said)] == said
    assert len(stored) <= len(said) + 1


def test_a_kill_while_the_file_is_being_made_leaves_nothing_that_stops_the_next(tmp_path: Path) -> None:
    for i in range(5):
        process = adder(tmp_path / f"{i}.db", 10, 1.0)
        deadline = time.monotonic() + 30
        while not (tmp_path / f"{i}.db").exists() and time.monotonic() < deadline:
            pass
        process.kill()
        process.wait()
        with Archive(tmp_path / f"{i}.db") as archive:
            archive.add(result(1))


def test_two_processes_on_one_file_lose_nothing_and_agree(tmp_path: Path) -> None:
    processes = [adder(tmp_path / "study.db", 60, value) for value in (1.0, 2.0)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with Archive(tmp_path / "study.db") as archive:
        assert len(archive) == 60
        assert sorted(int(r.trial.architecture["depth"]) for r in archive.results()) == list(range(60))


def test_many_may_make_one_archive_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        for i in range(40):
            for archive in list(pool.map(Archive, [tmp_path / f"{i}.db"] * 6)):
                archive.close()


def test_reading_needs_no_heavy_library() -> None:
    code = "import sys, hwnas.archive; print([m for m in ('torch', 'pymoo', 'sklearn', 'onnx') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
