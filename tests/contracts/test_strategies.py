"""What every search strategy must keep, run over all that are found."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.finding import find, names
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result
from hwnas.genomes.listing import every_genome
from hwnas.searches import search
from tests.small_strategies import SMALL

pytestmark = pytest.mark.parametrize("name", names("strategies"))

SPACE = SearchSpace(
    [
        Choice("depth", (2, 3, 4)),
        Choice("kind", ("conv", "pool", "skip"), ordered=False),
        *(Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in (2, 3, 4) if d > i)}) for i in range(4)),
        Choice("fixed", (1,)),
    ]
)
OBJECTIVES = [Objective("accuracy", "max"), Objective("latency_ms", "min", "ms")]


def figures(architecture: Architecture) -> dict[str, float]:
    genome = SPACE.encode(architecture)
    size = float(genome.sum()) + (2.0 if architecture["kind"] == "conv" else 0.0)
    return {"accuracy": math.sqrt(size + 0.3 * genome[2]), "latency_ms": 1.0 + size * (1 + 0.2 * genome[3])}


def evaluate(architectures: Iterable[Architecture]) -> list[dict[str, float]]:
    return [figures(a) for a in architectures]


def run(*arguments: Any, strategy: str, **settings: Any) -> list[Result]:
    """A search with small settings of the strategy."""
    return search.search(*arguments, strategy=strategy, **SMALL.get(strategy, {}), **settings)


def sequence(archive: Archive) -> list[str]:
    """Everything asked for, in order, whatever the arm."""
    (arm,) = (name for name, search in archive.searches().items() if search.role == "search")
    return [t.architecture.to_json() for batch in archive.batches(arm) for t in batch]


def results_of(trials: list, error: str | None = None) -> list[Result]:  # type: ignore[type-arg]
    return [Result(t, {} if error else figures(t.architecture), error=error) for t in trials]


def make(name: str, space: SearchSpace = SPACE, seed: int = 0) -> Strategy:
    strategy = find("strategies", name)(space, OBJECTIVES, seed, **SMALL.get(name, {}))  # type: ignore[operator]
    assert isinstance(strategy, Strategy)
    return strategy


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_only_canonical_architectures_and_none_twice(name: str, batch: int) -> None:
    strategy = make(name)
    seen: Counter[Architecture] = Counter()
    for _ in range(max(2, 40 // batch)):
        trials = strategy.ask(batch)
        assert len(trials) == batch
        for trial in trials:
            assert SPACE.architecture(trial.architecture) == trial.architecture
            seen[trial.architecture] += 1
        strategy.tell(results_of(trials))
    assert max(seen.values()) == 1


def test_asking_again_before_telling_proposes_others(name: str) -> None:
    strategy = make(name)
    asked = [t.architecture for _ in range(4) for t in strategy.ask(20)]
    assert len(set(asked)) == 80


def test_a_fresh_strategy_that_is_told_the_same_proposes_the_same(name: str) -> None:
    first, told = make(name), []
    for _ in range(4):
        told.append(results_of(first.ask(20)))
        first.tell(told[-1])
    second = make(name)
    second.tell([r for batch in told for r in batch])
    assert second.ask(15) == first.ask(15)


def test_two_seeds_differ(name: str) -> None:
    assert make(name, seed=0).ask(20) != make(name, seed=1).ask(20)


@cache
def sequences_of_a_new_process() -> dict[str, list[str]]:
    """What every strategy asks for in another process, where strings have other hashes, so sets another order; one for
    all of them, as starting it is what takes long.
    """
    code = (
        "import json, sys; sys.path[:0] = ['.', 'tests/contracts']; import test_strategies as t\n"
        "print(json.dumps({name: t.short_sequence(name) for name in t.names('strategies')}))"
    )
    other = "1" if os.environ.get("PYTHONHASHSEED") == "2" else "2"
    environment = {**os.environ, "PYTHONHASHSEED": other}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(out.stdout))


def short_sequence(name: str) -> list[str]:
    archive = Archive()
    run(SPACE, evaluate, OBJECTIVES, evaluations=60, strategy=name, seed=3, archive=archive, batch=20)
    return sequence(archive)


def test_the_same_seed_is_the_same_in_a_new_process(name: str) -> None:
    assert sequences_of_a_new_process()[name] == short_sequence(name)


@pytest.mark.parametrize("budget", [1, 25, 61])
def test_the_budget_is_kept_exactly(name: str, budget: int) -> None:
    calls: list[Architecture] = []

    def counted(architectures: list[Architecture]) -> list[dict[str, float]]:
        calls.extend(architectures)
        return evaluate(architectures)

    run(SPACE, counted, OBJECTIVES, evaluations=budget, strategy=name, batch=20)
    assert len(calls) == budget == len(set(calls))


class Killed(BaseException):
    """Stands for a kill: nothing in the loop may catch it."""


@given(stop=st.integers(0, 59), at_once=st.sampled_from([1, 4]))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_interrupted_anywhere_and_run_again_it_ends_as_if_uninterrupted(name: str, stop: int, at_once: int) -> None:
    armed = [True]

    def answered(architectures: list[Architecture]) -> Iterable[dict[str, float]]:
        for architecture in architectures:
            if armed and len(archive) == stop:
                raise Killed
            yield figures(architecture)

    whole, archive = Archive(), Archive()
    arguments = {"evaluations": 60, "strategy": name, "batch": 15, "at_once": at_once}
    front = run(SPACE, evaluate, OBJECTIVES, archive=whole, **arguments)  # type: ignore[arg-type]
    with pytest.raises(Killed):
        run(SPACE, answered, OBJECTIVES, archive=archive, **arguments)  # type: ignore[arg-type]
    armed.clear()
    again = run(SPACE, answered, OBJECTIVES, archive=archive, **arguments)  # type: ignore[arg-type]
    assert sequence(archive) == sequence(whole)
    assert [(r.trial, r.figures) for r in again] == [(r.trial, r.figures) for r in front]


def test_failing_and_nan_evaluations_are_recorded_once_and_survived(name: str) -> None:
    calls: Counter[Architecture] = Counter()

    def sometimes(architectures: list[Architecture]) -> list[dict[str, float]]:
        calls.update(architectures)
        answers = []
        for a in architectures:
            if a["kind"] == "pool":
                raise RuntimeError("pooling is broken")
            answers.append({"accuracy": float("nan"), "latency_ms": 1.0} if a["depth"] == 2 else figures(a))
        return answers

    archive = Archive()
    front = run(SPACE, sometimes, OBJECTIVES, evaluations=60, strategy=name, archive=archive, batch=20)
    assert len(archive) == 60
    assert max(calls.values()) == 1
    for r in archive.results():
        broken = r.trial.architecture["kind"] == "pool" or r.trial.architecture["depth"] == 2
        assert (r.error is not None) == broken
    assert front
    assert all(math.isfinite(v) for r in front for v in r.figures.values())


def test_when_every_evaluation_fails_it_says_so(name: str) -> None:
    def never(architectures: list[Architecture]) -> list[dict[str, float]]:  # noqa: ARG001
        raise RuntimeError("no such device")

    with pytest.raises(PromiseError, match=r"All 30 evaluations failed.*no such device"):
        run(SPACE, never, OBJECTIVES, evaluations=30, strategy=name, batch=10)


@pytest.mark.parametrize(
    "choices",
    [
        [Choice("only", (1,))],
        [Choice("only", (1, 2))],
        [Choice("a", (0,)), Choice("b", ("x", "y", "z"), ordered=False)],
    ],
    ids=["one point", "two points", "three points"],
)
def test_tiny_spaces_are_spent_and_then_it_ends(name: str, choices: list[Choice]) -> None:
    space, archive = SearchSpace(choices), Archive()

    def answer(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"accuracy": 1.0, "latency_ms": 1.0} for _ in architectures]

    front = run(space, answer, OBJECTIVES, evaluations=50, strategy=name, archive=archive)
    assert len(archive) == space.count() == len(front)
    assert make(name, space).ask(0) == []


def test_the_front_of_an_exhausted_space_is_the_true_one(name: str) -> None:
    every = [SPACE.decode(g) for g in every_genome(SPACE)]
    costs = np.array([[-figures(a)["accuracy"], figures(a)["latency_ms"]] for a in every])
    best = {
        a for a, c in zip(every, costs, strict=True) if not ((costs <= c).all(axis=1) & (costs < c).any(axis=1)).any()
    }
    front = run(SPACE, evaluate, OBJECTIVES, evaluations=len(every), strategy=name, batch=100)
    assert {r.trial.architecture for r in front} == best


def test_what_is_returned_is_within_the_limits_and_not_dominated(name: str) -> None:
    objectives = [OBJECTIVES[0], Objective("latency_ms", limit=5.0)]
    front = run(SPACE, evaluate, objectives, evaluations=60, strategy=name, batch=20)
    assert all(r.figures["latency_ms"] <= 5.0 for r in front)
    costs = [(-r.figures["accuracy"], r.figures["latency_ms"]) for r in front]
    assert not any(a != b and a[0] <= b[0] and a[1] <= b[1] for a in costs for b in costs)


def test_limits_that_nothing_meets_are_answered_in_words(name: str) -> None:
    objectives = [OBJECTIVES[0], Objective("latency_ms", "min", "ms", limit=0.5)]
    with pytest.raises(PromiseError, match=r"latency_ms 2 ms against a limit of 0\.5 ms"):
        run(SPACE, evaluate, objectives, evaluations=SPACE.count(), strategy=name, batch=200)


def test_exact_objectives_are_computed_and_need_no_answer(name: str) -> None:
    objectives = [OBJECTIVES[0], Objective("depth", exact=lambda a: float(a["depth"]))]
    front = run(
        SPACE,
        lambda architectures: [{"accuracy": figures(a)["accuracy"]} for a in architectures],
        objectives,
        evaluations=50,
        strategy=name,
        batch=25,
    )
    assert all(r.figures["depth"] == r.trial.architecture["depth"] for r in front)


def test_three_objectives_work(name: str) -> None:
    objectives = [*OBJECTIVES, Objective("depth", exact=lambda a: float(a["depth"]))]
    assert run(SPACE, evaluate, objectives, evaluations=60, strategy=name, batch=20)


def test_four_objectives_work(name: str) -> None:
    kinds = ("conv", "pool", "skip")
    objectives = [
        *OBJECTIVES,
        Objective("depth", exact=lambda a: float(a["depth"])),
        Objective("kind", "max", exact=lambda a: float(kinds.index(str(a["kind"])))),
    ]
    assert run(SPACE, evaluate, objectives, evaluations=30, strategy=name)


class WatchedSpace(SearchSpace):
    """Notes how many threads linear algebra may take while it is asked to decode, which every strategy does to ask."""

    threads: list[int]

    def decode(self, genome: IntArray) -> Architecture:
        self.threads.append(max(pool["num_threads"] for pool in threadpool_info()))
        return super().decode(genome)


def test_it_asks_on_one_thread(name: str) -> None:
    space = WatchedSpace(SPACE.choices)
    space.threads = []
    strategy = find("strategies", name)(space, OBJECTIVES, 0, **SMALL.get(name, {}))  # type: ignore[operator]
    with threadpool_limits(2):
        strategy.ask(3)
    assert set(space.threads[-1:]) == {1}
