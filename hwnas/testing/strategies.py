"""What every search strategy must keep."""

import math
import os
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

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
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.listing import every_genome
from hwnas.testing._searched import (
    LENGTH,
    OBJECTIVES,
    SMALL_SPACE,
    SPACE,
    Subject,
    asked,
    evaluate,
    figures,
    results_of,
    whole_search,
)

__all__ = ["Contract", "Subject"]


class Asking:
    """Of the strategy alone."""

    @pytest.mark.parametrize("batch", [1, 7, 40])
    def test_only_canonical_architectures_and_none_twice(self, subject: Subject, batch: int) -> None:
        strategy = subject.strategy()
        seen: Counter[Architecture] = Counter()
        for _ in range(max(2, 40 // batch)):
            trials = strategy.ask(batch)
            assert len(trials) == batch, f"{subject} gave {len(trials)} trials when asked for {batch}"
            for trial in trials:
                assert SPACE.architecture(trial.architecture) == trial.architecture, (
                    f"{subject} proposed {trial.architecture}, which is not canonical; `space.decode` gives what is"
                )
                seen[trial.architecture] += 1
            strategy.tell(results_of(trials))
        (most, times), *_ = seen.most_common(1)
        assert times == 1, f"{subject} proposed {most} {times} times"

    def test_asking_again_before_telling_proposes_others(self, subject: Subject) -> None:
        strategy = subject.strategy()
        proposed = [t.architecture for _ in range(4) for t in strategy.ask(20)]
        assert len(set(proposed)) == 80, f"{subject} proposed the same twice before it was told of it"

    def test_a_fresh_strategy_that_is_told_the_same_proposes_the_same(self, subject: Subject) -> None:
        first, told = subject.strategy(), []
        for _ in range(4):
            told.append(results_of(first.ask(20)))
            first.tell(told[-1])
        second = subject.strategy()
        second.tell([r for batch in told for r in batch])
        assert second.ask(15) == first.ask(15), (
            f"{subject} is no function of its seed and what it was told, so a search that was killed would go on "
            "otherwise; keep nothing but what `tell` brings"
        )

    def test_two_seeds_differ(self, subject: Subject) -> None:
        first, second = (subject.strategy(seed=seed).ask(20) for seed in (0, 1))
        assert first != second, f"{subject} does not look at its seed"

    def test_it_asks_on_one_thread(self, subject: Subject) -> None:
        space = WatchedSpace(SPACE.choices)
        space.threads = []
        strategy = subject.strategy(space)
        with threadpool_limits(2):
            strategy.ask(3)
        if not space.threads:
            pytest.skip("it decodes nothing while it asks")
        assert set(space.threads[-1:]) == {1}, (
            f"`ask` of {subject} should be decorated with hwnas.threads.on_one_thread"
        )


class WatchedSpace(SearchSpace):
    """Notes how many threads linear algebra may take while it is asked to decode, which every strategy does to ask."""

    threads: list[int]

    def decode(self, genome: IntArray) -> Architecture:
        """See `SearchSpace.decode`."""
        self.threads.append(max(pool["num_threads"] for pool in threadpool_info()))
        return super().decode(genome)


class Killed(BaseException):
    """Stands for a kill: nothing in the loop may catch it."""


class GoingOn:
    """Of searches that are interrupted, and of those in other processes."""

    @given(stop=st.integers(0, LENGTH - 1), at_once=st.sampled_from([1, 4]))
    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_interrupted_anywhere_and_run_again_it_ends_as_if_uninterrupted(
        self, subject: Subject, stop: int, at_once: int
    ) -> None:
        armed, archive = [True], Archive()

        def answered(architectures: list[Architecture]) -> Iterable[dict[str, float]]:
            for architecture in architectures:
                if armed and len(archive) == stop:
                    raise Killed
                yield figures(architecture)

        whole, front = subject.whole(at_once)
        with pytest.raises(Killed):
            whole_search(subject.name, subject.settings, archive, at_once, answered)
        armed.clear()
        again = whole_search(subject.name, subject.settings, archive, at_once, answered)
        assert asked(archive) == asked(whole)
        assert [(r.trial, r.figures) for r in again] == [(r.trial, r.figures) for r in front]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
    def test_the_same_seed_is_the_same_in_a_new_process(self, subject: Subject, tmp_path: Path) -> None:
        from hwnas.testing._killed import asked_elsewhere

        whole, _ = subject.whole()
        assert asked_elsewhere(subject, tmp_path / "asked.json") == asked(whole), (
            f"{subject} asks otherwise where words hash otherwise; do not go through sets in their own order"
        )

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
    def test_killed_at_any_instant_the_same_search_ends_as_if_uninterrupted(
        self, subject: Subject, tmp_path: Path
    ) -> None:
        from hwnas.testing._killed import ended, evaluations_of, killed, left_by

        whole, broken = tmp_path / "whole.db", tmp_path / "broken.db"
        seconds = ended(subject, whole)
        share = random.random()
        while not killed(subject, broken, share * seconds):
            for file in tmp_path.glob("broken*"):  # it was quicker than the first: begin anew, and be quicker too
                file.unlink()
            share *= 0.7
        ended(subject, broken)
        where = f"killed after {share:.3f} of {seconds:.3f} s"
        assert left_by(broken) == left_by(whole), where
        evaluated = [evaluations_of(path) for path in (broken, whole)]
        assert len(set(evaluated[1])) == len(evaluated[1])
        assert len(evaluated[0]) - len(evaluated[1]) in (0, 1), where  # the one in flight, at most


class Searching:
    """Of searches with it."""

    @pytest.mark.parametrize("budget", [1, 25, 41])
    def test_the_budget_is_kept_exactly(self, subject: Subject, budget: int) -> None:
        calls: list[Architecture] = []

        def counted(architectures: list[Architecture]) -> list[dict[str, float]]:
            calls.extend(architectures)
            return evaluate(architectures)

        subject.search(SPACE, counted, OBJECTIVES, evaluations=budget, batch=20)
        assert len(calls) == budget == len(set(calls))

    def test_failing_and_nan_evaluations_are_recorded_once_and_survived(self, subject: Subject) -> None:
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
        front = subject.search(SPACE, sometimes, OBJECTIVES, evaluations=60, archive=archive, batch=20)
        assert len(archive) == 60
        assert max(calls.values()) == 1
        for r in archive.results():
            broken = r.trial.architecture["kind"] == "pool" or r.trial.architecture["depth"] == 2
            assert (r.error is not None) == broken
        assert front
        assert all(math.isfinite(v) for r in front for v in r.figures.values())

    def test_when_every_evaluation_fails_it_says_so(self, subject: Subject) -> None:
        def never(architectures: list[Architecture]) -> list[dict[str, float]]:  # noqa: ARG001
            raise RuntimeError("no such device")

        with pytest.raises(PromiseError, match=r"All 30 evaluations failed.*no such device"):
            subject.search(SPACE, never, OBJECTIVES, evaluations=30, batch=10)

    @pytest.mark.parametrize(
        "choices",
        [
            [Choice("only", (1,))],
            [Choice("only", (1, 2))],
            [Choice("a", (0,)), Choice("b", ("x", "y", "z"), ordered=False)],
        ],
        ids=["one point", "two points", "three points"],
    )
    def test_tiny_spaces_are_spent_and_then_it_ends(self, subject: Subject, choices: list[Choice]) -> None:
        space, archive = SearchSpace(choices), Archive()

        def answer(architectures: list[Architecture]) -> list[dict[str, float]]:
            return [{"accuracy": 1.0, "latency_ms": 1.0} for _ in architectures]

        front = subject.search(space, answer, OBJECTIVES, evaluations=50, archive=archive)
        assert len(archive) == space.count() == len(front)
        assert subject.strategy(space).ask(0) == []

    def test_the_front_of_an_exhausted_space_is_the_true_one(self, subject: Subject) -> None:
        every = [SMALL_SPACE.decode(g) for g in every_genome(SMALL_SPACE)]
        costs = np.array([[-figures(a)["accuracy"], figures(a)["latency_ms"]] for a in every])
        best = {
            a
            for a, c in zip(every, costs, strict=True)
            if not ((costs <= c).all(axis=1) & (costs < c).any(axis=1)).any()
        }
        front = subject.search(SMALL_SPACE, evaluate, OBJECTIVES, evaluations=len(every), batch=50)
        assert {r.trial.architecture for r in front} == best

    def test_what_is_returned_is_within_the_limits_and_not_dominated(self, subject: Subject) -> None:
        objectives = [OBJECTIVES[0], Objective("latency_ms", limit=5.0)]
        front = subject.search(SPACE, evaluate, objectives, evaluations=60, batch=20)
        assert all(r.figures["latency_ms"] <= 5.0 for r in front)
        costs = [(-r.figures["accuracy"], r.figures["latency_ms"]) for r in front]
        assert not any(a != b and a[0] <= b[0] and a[1] <= b[1] for a in costs for b in costs)

    def test_limits_that_nothing_meets_are_answered_in_words(self, subject: Subject) -> None:
        objectives = [OBJECTIVES[0], Objective("latency_ms", "min", "ms", limit=0.5)]
        with pytest.raises(PromiseError, match=r"latency_ms 2 ms against a limit of 0\.5 ms"):
            subject.search(SMALL_SPACE, evaluate, objectives, evaluations=SMALL_SPACE.count(), batch=100)

    def test_exact_objectives_are_computed_and_need_no_answer(self, subject: Subject) -> None:
        objectives = [OBJECTIVES[0], Objective("depth", exact=lambda a: float(a["depth"]))]
        front = subject.search(
            SPACE,
            lambda architectures: [{"accuracy": figures(a)["accuracy"]} for a in architectures],
            objectives,
            evaluations=50,
            batch=25,
        )
        assert all(r.figures["depth"] == r.trial.architecture["depth"] for r in front)

    @pytest.mark.parametrize("beside", [1, 2])
    def test_three_and_four_objectives_work(self, subject: Subject, beside: int) -> None:
        kinds = ("conv", "pool", "skip")
        exact = [
            Objective("depth", exact=lambda a: float(a["depth"])),
            Objective("kind", "max", exact=lambda a: float(kinds.index(str(a["kind"])))),
        ]
        objectives = [*OBJECTIVES, *exact[:beside]]
        assert subject.search(SPACE, evaluate, objectives, evaluations=60 // beside, batch=20)


class Contract(Asking, GoingOn, Searching):
    """The tests."""
