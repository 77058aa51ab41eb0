"""Any strategy searches a supernet by the same door, and a search that was cut short is not left for another."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.pipeline._arms import SEARCHING
from hwnas.pipeline._choosing import Chosen
from hwnas.pipeline._limits import Limits
from hwnas.pipeline.front import Front
from hwnas.search._ladder import LadderSearch
from tests.pipeline.conftest import reopened
from tests.plugged import tiny_space
from tests.runs import SEARCH, Console

SPACE, OBJECTIVES = tiny_space(), Limits().objectives()


LINAS: dict[str, Any] = {"samples": 24, "strategy": "linas", "settings": {"inner": 200}}


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def test_another_strategy_is_recorded_and_one_cut_short_is_gone_on_with(finished: Path, tmp_path: Path) -> None:
    whole, cut = (Path(shutil.copytree(finished, tmp_path / name)) for name in ("whole", "cut"))
    study = reopened(whole)
    page = study.report(study.search(24, **LINAS))
    assert "strategy linas (inner 200)" in " ".join(page.read_text().split())
    searched = Front.read(whole / "front.json").search
    assert (searched.strategy, searched.settings) == ("linas", {"inner": 200})

    def kill(step: str, done: int, _: int) -> None:
        if step == SEARCHING and done == 15:
            raise Killed

    study = reopened(cut)
    study.progress = kill
    with pytest.raises(Killed):
        study.search(24, **LINAS)
    others: list[dict[str, Any]] = [{"samples": 24, "strategy": "local_search"}, LINAS | {"settings": {"inner": 300}}]
    for other in others:
        with pytest.raises(InputError, match="'linas' was cut short here after 15 of 24 evaluations; go on with it"):
            reopened(cut).search(24, **other)
    reopened(cut).search(24, **LINAS)
    assert (cut / "front.json").read_bytes() == (whole / "front.json").read_bytes()
    front = reopened(cut).search(24, samples=24, strategy="zero_cost", settings={"score": "snip"})  # others may begin
    assert set(front.hypervolume) == {"zero_cost", "random"}


def test_the_command_takes_a_strategy_and_its_settings(searched: Path, tmp_path: Path) -> None:
    words = ("--strategy", "aging_evolution", "--setting", "sample=2", "--setting", "dies=worst")
    done = Console(tmp_path).run("search", searched, *SEARCH, *words)
    assert done.returncode == 0, done.stderr
    assert "aging_evolution" in done.stdout.partition("evaluations each:")[2]
    assert Front.read(searched / "front.json").search.settings == {"sample": 2, "dies": "worst"}


@pytest.mark.parametrize("name", names("search"))
def test_strategies_that_need_cheaper_looks_are_refused_and_all_others_fit(name: str) -> None:
    ladder = find("search", name)
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
        ("linas", {"predictor": "forest"}, "'ridge' and 'rbf'"),
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
