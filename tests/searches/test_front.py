"""What a search gives back: the front, what it is sure of, and why the search ended."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hwnas
from hwnas.contracts.architecture import Architecture

SPACE = hwnas.SearchSpace([hwnas.Choice(f"c{i}", (0, 1, 2, 3)) for i in range(5)])
NOISY = [hwnas.Objective("good", "max"), hwnas.Objective("cost", "min", "ms", noisy=True)]


def truth(a: Architecture) -> dict[str, float]:
    values = np.array([float(a[f"c{i}"]) for i in range(5)])
    return {"good": float(np.sqrt(values.sum() + values[0])), "cost": 5.0 + float((values**2).sum())}


class Measuring:
    """Adds noise; remembers what it was asked."""

    def __init__(self, deviation: float) -> None:
        self.rng, self.deviation, self.asked = np.random.default_rng(0), deviation, list[Architecture]()

    def __call__(self, architectures: list[Architecture]) -> list[dict[str, float]]:
        self.asked += architectures
        return [
            {**truth(a), "cost": truth(a)["cost"] + self.deviation * float(self.rng.standard_normal())}
            for a in architectures
        ]


def test_the_example_of_the_documentation_works_and_needs_no_torch() -> None:
    code = """
import sys, hwnas
space = hwnas.SearchSpace([hwnas.Choice("depth", (2, 3, 4)),
                           hwnas.Choice("kernel3", (3, 5, 7), active_if={"depth": (4,)})])
def evaluate(architectures):
    return [{"accuracy": a["depth"] + 0.1 * (a.get("kernel3") or 0), "latency_ms": a["depth"] ** 2.0}
            for a in architectures]
front = hwnas.search(space, evaluate, [hwnas.Objective("accuracy", "max"), hwnas.Objective("latency_ms", "min")],
                     evaluations=200, strategy="surrogate", seed=0)
print(len(front), front.stopped, "torch" in sys.modules)
import hwnas.strategies.random
assert callable(hwnas.search) and hwnas.strategies.random.random
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "space", "spent", "False"]


def test_ask_and_tell_by_hand() -> None:
    strategy = hwnas.open_strategy("surrogate", SPACE, NOISY, seed=3)
    for _ in range(3):
        trials = strategy.ask(15)
        strategy.tell([hwnas.Result(trial, truth(trial.architecture)) for trial in trials])
    assert len({t.architecture for t in strategy.ask(7)}) == 7
    with pytest.raises(hwnas.InputError, match="surrogate"):
        hwnas.open_strategy("surogate", SPACE, NOISY)


def test_noisy_fronts_are_measured_again_within_the_budget_and_say_how_sure_they_are() -> None:
    measuring = Measuring(3.0)
    front = hwnas.search(SPACE, measuring, NOISY, evaluations=100, strategy="random")
    assert len(measuring.asked) == len(front.results) == 100
    assert max(front.repeats) > 1
    assert len(front.sureness) == len(front.errors) == len(front)
    for member, repeats, error in zip(front, front.repeats, front.errors, strict=True):
        measured = [r.figures["cost"] for r in front.results if r.trial.architecture == member.trial.architecture]
        assert len(measured) == repeats
        assert member.figures["cost"] == pytest.approx(np.mean(measured))
        assert error["good"] == 0 < error["cost"]
    assert 0 < min(front.sureness) < 1
    assert "±" in str(front)


def test_lucky_measurements_do_not_stay_on_the_front() -> None:
    """What the front promises is nearer the truth than what the first measurements promised."""

    def optimism(evaluations: int, objectives: list[hwnas.Objective]) -> float:
        found = [
            hwnas.search(SPACE, Measuring(3.0), objectives, evaluations=evaluations, seed=s, strategy="random")
            for s in range(5)
        ]
        return float(np.mean([truth(r.trial.architecture)["cost"] - r.figures["cost"] for f in found for r in f]))

    trusting = [NOISY[0], hwnas.Objective("cost")]
    assert optimism(100, NOISY) < 0.7 * optimism(80, trusting)


def test_a_noisy_search_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def measured(a: Architecture) -> dict[str, float]:
        asked[a] = asked.get(a, 0) + 1
        return {**truth(a), "cost": truth(a)["cost"] + np.sin(asked[a] * 7.0 + truth(a)["cost"])}

    def interrupted(architectures: list[Architecture]) -> list[dict[str, float]]:
        if len(archive) == 55:
            raise Killed
        return [measured(a) for a in architectures]

    def undisturbed(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [measured(a) for a in architectures]

    fronts, how = [], {"evaluations": 60, "strategy": "random", "provenance": {"evaluate": "one and the same"}}
    for evaluate in (undisturbed, interrupted):
        asked: dict[Architecture, int] = {}
        with hwnas.Archive(tmp_path / f"{evaluate.__name__}.db") as archive:
            if evaluate is interrupted:
                with pytest.raises(Killed):
                    hwnas.search(SPACE, evaluate, NOISY, archive=archive, **how)  # type: ignore[arg-type]
            fronts.append(hwnas.search(SPACE, undisturbed, NOISY, archive=archive, **how))  # type: ignore[arg-type]
    assert [(r.trial, r.figures) for r in fronts[0]] == [(r.trial, r.figures) for r in fronts[1]]


def test_it_stops_when_the_hypervolume_stalls_and_says_so() -> None:
    def flat(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"good": 1.0 + min(truth(a)["good"], 1.0), "cost": truth(a)["cost"]} for a in architectures]

    objectives = [NOISY[0], hwnas.Objective("cost")]
    front = hwnas.search(SPACE, flat, objectives, evaluations=500, batch=20, stall_rounds=4)
    assert front.stopped == "stalled"
    assert len(front.results) < 300
    assert hwnas.search(SPACE, flat, objectives, evaluations=60, batch=20).stopped == "evaluations"


def test_time_is_a_budget_too_and_counts_earlier_runs(tmp_path: Path) -> None:
    path, objectives = tmp_path / "run.db", [NOISY[0], hwnas.Objective("cost")]

    def once(**budget: float) -> hwnas.SearchFront:
        return hwnas.search(SPACE, Measuring(0.0), objectives, strategy="random", archive=path, **budget)  # type: ignore[arg-type]

    first = once(evaluations=20)
    spent = sum(r.cost_seconds for r in first.results)
    again = once(evaluations=200, time_seconds=spent)
    assert again.stopped == "time"
    assert len(again.results) <= 20
    assert once(evaluations=40, time_seconds=1000).stopped == "evaluations"


def test_it_starts_from_the_front_of_another_archive(tmp_path: Path) -> None:
    objectives = [NOISY[0], hwnas.Objective("cost")]
    known = hwnas.search(SPACE, Measuring(0.0), objectives, evaluations=60, archive=tmp_path / "pi.db")

    def elsewhere(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"good": truth(a)["good"], "other_ms": 3 * truth(a)["cost"] + a["c0"]} for a in architectures]

    there = [NOISY[0], hwnas.Objective("other_ms")]
    for start in (tmp_path / "pi.db", [r.trial.architecture for r in known]):
        front = hwnas.search(SPACE, elsewhere, there, evaluations=30, start=start)
        assert [r.trial for r in front.results[: len(known)]] == [r.trial for r in known][:30]
    with pytest.raises(hwnas.InputError, match=r"nowhere\.db"):
        hwnas.search(SPACE, elsewhere, there, start=tmp_path / "nowhere.db")
