"""Any strategy searches a supernet by the same door, and a search that was cut short is not left for another."""

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.task import Batch
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.selection.compare import contest_of_run
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.selection.search_and_baseline import SEARCHING
from hwnas.pipeline.selection.strategy_choice import Chosen
from hwnas.strategies._fidelities.ladder import LadderSearch
from hwnas.testing._tiny_task import TinyTask
from tests.pipeline.conftest import reopened
from tests.plugged import tiny_space
from tests.runs import SEARCH, Console

SPACE, OBJECTIVES = tiny_space(), Limits().objectives()


LINAS: dict[str, Any] = {"samples": 24, "strategy": "linas", "settings": {"inner": 200}}


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def test_another_strategy_is_recorded_and_one_cut_short_is_gone_on_with(searched: Path) -> None:
    def kill(step: str, done: int, _: int) -> None:
        if step == SEARCHING and done == 10:
            raise Killed

    study = reopened(searched)
    study.progress = kill
    with pytest.raises(Killed):
        study.search(16, **LINAS)
    (run,) = (name for name, s in study.run.archive.searches("search").items() if s.strategy == "linas")
    kept = study.run.archive.results(run)
    others: list[dict[str, Any]] = [{"samples": 24, "strategy": "local_search"}, LINAS | {"settings": {"inner": 300}}]
    for other in others:
        with pytest.raises(InputError, match="'linas' was cut short here after 10 of 16 evaluations; go on with it"):
            reopened(searched).search(16, **other)
    study = reopened(searched)
    page = study.report(study.search(16, **LINAS))
    assert "Strategy: linas (inner 200)" in " ".join(page.read_text().split())
    found = Front.read(searched / "front.json").search
    assert (found.strategy, found.settings) == ("linas", {"inner": 200})
    whole = study.run.archive.results(run)
    assert len(whole) == 16
    assert whole[: len(kept)] == kept


def test_the_command_takes_a_strategy_and_its_settings(searched: Path, tmp_path: Path) -> None:
    words = (
        "--strategy",
        "zero_cost",
        "--setting",
        "score=snip",
        "--setting",
        "candidates=20",
        "--setting",
        "keep=0.5",
    )
    done = Console(tmp_path).run("search", searched, *SEARCH, *words)
    assert done.returncode == 0, done.stderr
    assert "zero_cost" in done.stdout.partition("evaluations each:")[2]
    assert Front.read(searched / "front.json").search.settings == {"score": "snip", "candidates": 20, "keep": 0.5}
    compared = contest_of_run(searched, tmp_path / "compare").standings
    assert {s.strategy for s in compared} == {"surrogate", "zero_cost", "random"}


@pytest.mark.parametrize("name", names("strategies"))
def test_strategies_that_need_cheaper_looks_are_refused_and_all_others_fit(name: str) -> None:
    ladder = find("strategies", name)
    if name == "mfkd" or (isinstance(ladder, type) and issubclass(ladder, LadderSearch)):
        with pytest.raises(InputError, match=r"no cheaper look here; choose one of .*surrogate"):
            Chosen(name).refuse_unfit(SPACE, OBJECTIVES, 0)
    else:
        Chosen(name).refuse_unfit(SPACE, OBJECTIVES, 0)


@pytest.mark.parametrize(
    ("strategy", "settings", "said"),
    [
        ("linaz", {}, "nearest first: linas"),
        ("linas", {"inital": 20}, "inital"),
        ("linas", {"initial": "many"}, "'initial' of strategy 'linas' is usually 50, got 'many'"),
        ("linas", {"initial": True}, "got True"),
        ("linas", {"predictor": "forest"}, "is one of ridge, rbf"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_is_measured(
    strategy: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Chosen(strategy, settings).refuse_unfit(SPACE, OBJECTIVES, 0)  # type: ignore[arg-type]


def test_a_random_beginning_leaves_most_of_a_small_budget_to_what_is_learnt() -> None:
    assert Chosen("linas").within(60) == {"initial": 15}
    assert Chosen("nsga2").within(60) == {"population": 15}
    assert Chosen("linas").within(400) == {}
    assert Chosen("linas", {"initial": 30}).within(60) == {"initial": 30}


def test_strategies_that_score_by_classes_are_refused_for_a_task_with_a_loss_of_its_own() -> None:
    class Own(TinyTask):
        def loss(self, output: Tensor, batch: Batch) -> Tensor:
            return output.square().mean() + batch.labels.float().mean()

    spec = tiny_space().inputs[0]
    with pytest.raises(InputError, match="'zero_cost' scores untrained networks by the classes"):
        Chosen("zero_cost").refuse_task(Own(spec))
    Chosen("zero_cost").refuse_task(TinyTask(spec))
    Chosen("linas").refuse_task(Own(spec))


def test_a_search_is_called_by_what_its_answers_are_of_in_whatever_order() -> None:
    chosen = Chosen("linas", {"inner": 200, "initial": 12})
    names = chosen.runs("0-24", {"device": "a", "code": "b"})
    assert names == Chosen("linas", {"initial": 12, "inner": 200}).runs("0-24", {"code": "b", "device": "a"})
    assert names != chosen.runs("0-24", {"device": "b", "code": "a"})
    assert len(set(names.values())) == 2
