"""A contest: the same seeds and budget for all, continued after a kill, told in figures and in a picture."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.pipeline.selection import compare
from hwnas.pipeline.selection.compare import contest_of_problem, contest_of_run
from hwnas.problems.micro_bench import MicroBench
from hwnas.searches.search import search
from tests.micro_tables import made_up_table


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything MicroBench is asked for, at which fidelity, while its table is the made-up one."""
    bench, seen = MicroBench(made_up_table()), list[str]()
    answer = bench.evaluate

    def evaluate(architectures, trials=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        seen.extend(t.fidelity for t in trials)
        yield from answer(architectures, trials)

    monkeypatch.setattr(bench, "evaluate", evaluate)
    monkeypatch.setattr(compare, "open_problem", lambda _name: bench)
    return seen


def test_a_contest_ranks_by_the_median_and_writes_figures_and_picture(asked: list[str], tmp_path: Path) -> None:
    found = contest_of_problem(
        "micro_bench", ["random", "local_search", "asha"], evaluations=30, seeds=3, folder=tmp_path
    )
    assert {s.strategy for s in found.standings} == {"random", "local_search", "asha"}
    ends = [s.quartiles[1][-1] for s in found.standings]
    assert ends == sorted(ends, reverse=True)
    for standing in found.standings:
        assert standing.curves.shape == (3, 30)
        assert (np.diff(standing.curves, axis=1) >= -1e-12).all()
        assert (standing.curves <= 1 + 1e-9).all()
        assert (standing.igd_plus >= 0).all()
    told = json.loads(found.page.read_text())
    assert told["schema_version"] == 1
    assert told["strategies"]["random"]["evaluations_to"]["0.9"]["runs"] == 3
    assert set(told["strategies"]) == {s.strategy for s in found.standings}
    texts = [e.text or "" for e in ElementTree.parse(found.picture).iter() if e.tag.endswith("text")]  # noqa: S314
    assert all(any(text.startswith(s.strategy) for text in texts) for s in found.standings)
    assert {"epoch1", "full"} <= set(asked)


def test_the_same_contest_again_evaluates_nothing_and_says_the_same(asked: list[str], tmp_path: Path) -> None:
    first = contest_of_problem("micro_bench", ["random", "asha"], evaluations=20, seeds=2, folder=tmp_path)
    before, pages = len(asked), first.page.read_text()
    again = contest_of_problem("micro_bench", ["random", "asha"], evaluations=20, seeds=2, folder=tmp_path)
    assert len(asked) == before
    assert again.page.read_text() == pages


def test_a_strategy_that_sees_every_cell_has_the_whole_hypervolume(asked: list[str], tmp_path: Path) -> None:  # noqa: ARG001
    (standing,) = contest_of_problem("micro_bench", ["random"], evaluations=256, seeds=1, folder=tmp_path).standings
    assert standing.curves[0, -1] == pytest.approx(1)
    assert standing.igd_plus[0] == pytest.approx(0)
    assert standing.targets[0.99].reached == 1


def test_a_mistyped_strategy_is_named_before_anything_runs(asked: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'rndom'.*random"):
        contest_of_problem("micro_bench", ["random", "rndom"], evaluations=5, seeds=1, folder=tmp_path)
    assert asked == []


def test_the_searches_of_a_run_are_compared_without_evaluating(asked: list[str], tmp_path: Path) -> None:
    bench = MicroBench(made_up_table())
    for strategy in ("random", "nsga2"):
        search(
            bench.space,
            bench.evaluate,
            bench.objectives,
            evaluations=20,
            strategy=strategy,
            archive=tmp_path / "study.db",
        )
    found = contest_of_run(tmp_path, tmp_path / "out")
    assert {s.strategy for s in found.standings} == {"random", "nsga2"}
    assert found.evaluations == 20
    assert found.picture.is_file()
    assert asked == []


def test_a_folder_without_a_search_is_answered_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No study\.db"):
        contest_of_run(tmp_path, tmp_path)
