"""`hwnas compare`: strategies on a problem whose answers are known, or the searches of a run."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.runs import answered


def test_strategies_are_ranked_and_the_figures_say_how_long_each_took(command: Command, tmp_path: Path) -> None:
    asked = ("compare", "--strategies", "random, nsga2,random", "--evaluations", "12", "--seeds", "2", "-o", "out")
    ended = command(*asked)
    assert ended.code == 0, ended.errors
    found = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert set(found["strategies"]) == {"random", "nsga2"}
    for told in found["strategies"].values():
        assert [len(curve) for curve in told["hypervolume"]] == [12, 12]
        assert all(curve == sorted(curve) for curve in told["hypervolume"])
        low, middle, high = told["quartiles_at_end"]
        assert 0 <= low <= middle <= high <= 1
        assert all(target["runs"] == 2 for target in told["evaluations_to"].values())
    assert "After 12 evaluations, as shares of the best hypervolume" in ended.output
    assert "in brackets: how many of the 2 runs reached it" in ended.output
    assert (tmp_path / "out" / "compare.svg").read_text().startswith("<svg")
    again = command(*asked, "--force")
    assert json.loads((tmp_path / "out" / "compare.json").read_text()) == found, again.errors


def test_the_searches_of_a_run_are_compared_without_evaluating_anything(
    command: Command, finished: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    ended = command("compare", run, "-o", "out")
    assert ended.code == 0, ended.errors
    found = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert set(found["strategies"]) == {"surrogate", "random"}
    assert found["evaluations"] == 16
    assert answered(run) == answered(finished)


def test_an_unknown_problem_or_strategy_or_more_evaluations_than_there_are_is_refused(command: Command) -> None:
    refused(command("compare", "--problem", "micro_bnch"), "'micro_bnch'", "micro_bench")
    refused(command("compare", "--strategies", "nsga"), "'nsga'", "nsga2")
    refused(command("compare", "--strategies", "random", "--evaluations", "1000"), "256 architectures", "1000")
    refused(command("compare", "."), "study.db")
