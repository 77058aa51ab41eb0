"""The search loop, with real processes killed and racing on one archive."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.archive.provenance import function_digest
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.searches.search import search

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(6)])
OBJECTIVES = [Objective("good", "max"), Objective("cost")]

SCRIPT = """
import sys, time
sys.path.insert(0, 'tests/searches')
import test_search as t
def slow(architectures):
    time.sleep(0.01)
    print(len(architectures), flush=True)
    return t.evaluate(architectures)
front = t.search(t.SPACE, slow, t.OBJECTIVES, evaluations=80, strategy='surrogate', archive=sys.argv[1], batch=20)
print(sorted(r.trial.architecture.key for r in front))
"""


def evaluate(architectures: list) -> list[dict[str, float]]:  # type: ignore[type-arg]
    genomes = [SPACE.encode(a) for a in architectures]
    return [{"good": float(g.sum()) ** 0.5 + 0.1 * float(g[0]), "cost": float((g * (g + 1)).sum())} for g in genomes]


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, text=True)


def undisturbed() -> str:
    front = search(SPACE, evaluate, OBJECTIVES, evaluations=80, strategy="surrogate", batch=20)
    return str(sorted(r.trial.architecture.key for r in front))


def test_killed_again_and_again_it_ends_with_the_front_of_an_uninterrupted_run(tmp_path: Path) -> None:
    for lines in (5, 23, 1):
        process = start(tmp_path / "study.db")
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    out, _ = start(tmp_path / "study.db").communicate()
    assert out.splitlines()[-1] == undisturbed()
    with Archive(tmp_path / "study.db") as archive:
        assert len(archive) == 80


def test_two_processes_on_one_archive_end_with_the_same_front(tmp_path: Path) -> None:
    processes = [start(tmp_path / "study.db") for _ in range(2)]
    outputs = [process.communicate()[0].splitlines()[-1] for process in processes]
    assert outputs == [undisturbed()] * 2
    with Archive(tmp_path / "study.db") as archive:
        assert len(archive) == 80


def test_a_larger_budget_continues_the_same_sequence_and_a_smaller_one_is_its_beginning() -> None:
    whole, grown = Archive(), Archive()
    front = search(SPACE, evaluate, OBJECTIVES, evaluations=70, archive=whole, batch=20)
    small = search(SPACE, evaluate, OBJECTIVES, evaluations=33, archive=grown, batch=20)
    assert len(grown) == 33
    again = search(SPACE, evaluate, OBJECTIVES, evaluations=70, archive=grown, batch=20)
    assert [r.figures for r in again] == [r.figures for r in front]
    beginning = search(SPACE, evaluate, OBJECTIVES, evaluations=33, archive=grown, batch=20)
    assert [r.trial for r in beginning] == [r.trial for r in small]


def test_what_others_answer_of_its_last_batch_is_no_result_of_a_search() -> None:
    archive = Archive()
    search(SPACE, evaluate, OBJECTIVES, evaluations=5, archive=archive, batch=20, run="short")
    search(SPACE, evaluate, OBJECTIVES, evaluations=20, archive=archive, batch=20, run="whole")
    assert archive.batches("short")[0] == [r.trial for r in archive.results("whole")]
    assert len(archive.results("short")) == 5


def test_a_second_strategy_in_the_same_archive_evaluates_only_what_is_new() -> None:
    space = SearchSpace([Choice("a", (0, 1, 2)), Choice("b", (0, 1, 2))])
    calls = []

    def counted(architectures: list) -> list[dict[str, float]]:  # type: ignore[type-arg]
        calls.extend(architectures)
        return [{"good": float(a["a"]), "cost": float(a["b"])} for a in architectures]

    archive = Archive()
    for strategy in ("surrogate", "random"):
        search(space, counted, OBJECTIVES, evaluations=6, strategy=strategy, archive=archive, batch=3, run=strategy)
    assert len(calls) == len(set(calls)) == len(archive) < 12
    assert len(archive.results("surrogate")) == len(archive.results("random")) == 6


def test_progress_hears_of_every_trial_of_the_budget() -> None:
    heard: list[tuple[int, int]] = []
    search(
        SPACE, evaluate, OBJECTIVES, evaluations=7, batch=3, progress=lambda done, total, _: heard.append((done, total))
    )
    assert heard == [(i, 7) for i in range(1, 8)]


def test_provenance_is_stored_with_every_result() -> None:
    archive = Archive()
    search(SPACE, evaluate, OBJECTIVES, evaluations=3, archive=archive, provenance={"device": "d1"})
    digest = function_digest(evaluate)
    assert digest is not None
    assert [dict(r.provenance) for r in archive.results()] == [{"device": "d1", "evaluate": digest}] * 3


def test_a_device_error_ends_the_search_and_is_nobodys_failure() -> None:
    def unplugged(architectures: list) -> list[dict[str, float]]:  # type: ignore[type-arg]  # noqa: ARG001
        raise DeviceError("the phone is gone; plug it in")

    archive = Archive()
    with pytest.raises(DeviceError):
        search(SPACE, unplugged, OBJECTIVES, archive=archive)
    assert len(archive) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluations": 0}, "evaluations"),
        ({"batch": 0}, "batch"),
        ({"seed": -1}, "seed"),
        ({"strategy": "surogate"}, "surrogate"),
        ({"populaton": 3}, "populaton"),
        ({"strategy": "nsga2", "population": 1}, "population"),
        ({"initial": 1}, "initial"),
        ({"progress": "shown"}, "progress of a search is one of show"),
        ({"evaluations": 2.5}, "evaluations"),
        ({"seed": "0"}, "seed"),
        ({"time_seconds": 0}, "time_seconds above zero"),
        ({"time_seconds": "1s"}, "time_seconds of a search is a finite number"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        search(SPACE, evaluate, OBJECTIVES, **changes)  # type: ignore[arg-type]


def test_numbers_of_numpy_count_as_pythons_own() -> None:
    archive, budget = Archive(), {"evaluations": np.int64(8), "seed": np.int32(3), "strategy": "nsga2"}
    front = search(SPACE, evaluate, OBJECTIVES, archive=archive, population=np.int64(4), **budget)  # type: ignore[arg-type]
    again = search(SPACE, evaluate, OBJECTIVES, archive=archive, population=4, evaluations=8, seed=3, strategy="nsga2")
    assert [r.trial for r in front] == [r.trial for r in again]
    assert len(archive) == 8  # the same run, so nothing was evaluated anew


def test_objectives_need_different_names() -> None:
    for objectives in ([], [Objective("x"), Objective("x")]):
        with pytest.raises(InputError, match="objectives"):
            search(SPACE, evaluate, objectives)


def test_an_archive_of_another_space_arm_or_evaluation_is_refused() -> None:
    archive = Archive()
    search(SPACE, evaluate, OBJECTIVES, evaluations=5, archive=archive, run="a")
    with pytest.raises(InputError, match="another seed"):
        search(SPACE, evaluate, OBJECTIVES, evaluations=5, archive=archive, run="a", seed=1)
    with pytest.raises(InputError, match="other objectives"):
        search(SPACE, evaluate, [Objective("energy")], evaluations=5, archive=archive)
    with pytest.raises(InputError, match="space"):
        search(SearchSpace([Choice("z", (1, 2))]), evaluate, OBJECTIVES, archive=archive)


def test_settings_that_are_lists_are_part_of_what_an_arm_is() -> None:
    archive = Archive()

    def begin(nus: tuple[float, ...]) -> None:
        search(SPACE, evaluate, OBJECTIVES, evaluations=3, strategy="nasbot", archive=archive, run="a", nus=nus)

    begin((0.4,))
    begin((0.4,))
    with pytest.raises(InputError, match="begun with another settings"):
        begin((0.4, 0.8))


def test_answers_of_another_provenance_or_function_are_asked_for_anew() -> None:
    def slower(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{name: 2 * value for name, value in figures.items()} for figures in evaluate(architectures)]

    archive = Archive()
    how: dict[str, Any] = {"evaluations": 12, "strategy": "random", "archive": archive}
    first = search(SPACE, evaluate, OBJECTIVES, provenance={"device": "a"}, **how)
    for provenance, function in (({"device": "b"}, evaluate), ({"device": "a"}, slower)):
        other = search(SPACE, function, OBJECTIVES, provenance=provenance, **how)
        assert other.from_before == 0
        told = {r.trial: r.figures for r in other.results}
        assert [dict(told[t]) for t in told] == function([t.architecture for t in told])
    again = search(SPACE, evaluate, OBJECTIVES, provenance={"device": "a"}, **how)
    assert (again.from_before, again.results) == (12, first.results)
    assert "after 12 evaluations, 12 of them from before" in str(again)
    assert "before" not in str(first)
    assert len(archive) == 36


def test_a_function_without_source_is_answered_from_before_and_says_so() -> None:
    names: dict[str, Any] = {}
    exec("def f(architectures): return [{o: 1.0 for o in NAMES} for _ in architectures]", names)  # noqa: S102
    names["NAMES"] = [o.name for o in OBJECTIVES]
    archive = Archive()
    for before in (0, 6):
        front = search(SPACE, names["f"], OBJECTIVES, evaluations=6, archive=archive)
        assert front.from_before == before


def test_exact_figures_are_those_of_the_functions_now() -> None:
    archive = Archive()
    for factor in (1.0, 3.0):
        sought = [*OBJECTIVES, Objective("first", exact=lambda a, f=factor: f * float(a["c0"]))]  # type: ignore[misc]
        found = search(SPACE, evaluate, sought, evaluations=6, archive=archive)
        assert all(r.figures["first"] == factor * float(r.trial.architecture["c0"]) for r in found.results)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluations": 2.5}, "argument evaluations of a search is a whole number of at least 1, got 2.5"),
        ({"evaluations": True}, "argument evaluations of a search is a whole number of at least 1, got True"),
        ({"evaluations": "20"}, "argument evaluations of a search is a whole number of at least 1, got '20'"),
        ({"time_seconds": 0}, "time_seconds above zero, got 0"),
        ({"time_seconds": float("nan")}, "time_seconds of a search is a finite number, got nan"),
        ({"stall_rounds": 1.5}, "stall_rounds of a search is a whole number"),
        ({"fidelities": {"half": float("inf")}}, "cost of fidelity 'half' is a finite number"),
        ({"role": "main"}, "role of a search is one of"),
    ],
)
def test_budgets_that_are_no_numbers_are_refused_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        search(SPACE, evaluate, OBJECTIVES, **changes)


def test_budgets_may_be_numbers_of_numpy() -> None:
    front = search(
        SPACE, evaluate, OBJECTIVES, evaluations=np.int64(6), seed=np.int32(1),  # type: ignore[arg-type]
        time_seconds=np.float32(60), batch=np.int8(3),  # type: ignore[arg-type]
    )  # fmt: skip
    assert len(front.results) == 6


def test_no_architecture_that_a_strategy_decoded_is_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    indices = SearchSpace._option_index

    def counted(space: SearchSpace, choice: Choice, option: object) -> int:
        encoded.append(choice)
        return indices(space, choice, option)

    monkeypatch.setattr(SearchSpace, "_option_index", counted)
    exact = Objective("sum", exact=lambda a: float(SPACE.encode(a).sum()))
    search(SPACE, evaluate, [*OBJECTIVES, exact], evaluations=30, strategy="random", batch=10)
    assert encoded == []
