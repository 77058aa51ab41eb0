"""What every strategy that climbs a ladder of fidelities must keep, run over all that do."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from math import comb

import numpy as np
import pytest

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.genomes.listing import every_genome
from hwnas.searches.search import open_strategy
from hwnas.searches.search import search as run
from hwnas.strategies._fidelities.ladder import LadderSearch

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(4)])
LOSS = [Objective("loss")]
NAMES = [
    n
    for n in names("strategies")
    if isinstance(ladder := find("strategies", n), type) and issubclass(ladder, LadderSearch)
]
pytestmark = pytest.mark.parametrize("name", NAMES)
BOTH = [Objective("loss"), Objective("size", exact=lambda a: float(sum(a.values())))]  # type: ignore[arg-type]
FIDELITIES = {"third": 1 / 3, "ninth": 1 / 9}
RUNGS = ("ninth", "third", "full")
SHARES = {**FIDELITIES, "full": 1.0}


def loss(a: Architecture, fidelity: str = "full") -> float:
    """Falls while training goes on; the cheaper the look, the more is hidden."""
    genome = SPACE.encode(a)
    hidden = float(np.sin(genome @ [3, 5, 7, 11]))
    return float(((genome - [1, 3, 0, 2]) ** 2).sum()) + (1 - SHARES[fidelity]) * (4 + 2 * hidden)


def evaluate(architectures: list[Architecture], trials: list[Trial]) -> Iterable[dict[str, float]]:
    for a, trial in zip(architectures, trials, strict=True):
        yield {"loss": loss(a, trial.fidelity)}


def asked_by(archive: Archive) -> list[tuple[Architecture, str]]:
    (run,) = archive.searches()
    return [(t.architecture, t.fidelity) for batch in archive.batches(run) for t in batch]


def search(name: str, archive: Archive, evaluations: int = 20, objectives: list[Objective] = LOSS, **more: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return run(SPACE, more.pop("evaluate", evaluate), objectives, evaluations=evaluations, strategy=name,  # type: ignore[arg-type]
               archive=archive, fidelities=FIDELITIES, **more)  # type: ignore[arg-type]  # fmt: skip


def test_nothing_is_asked_twice_on_a_rung_and_rungs_are_climbed_in_order(name: str) -> None:
    archive = Archive()
    search(name, archive)
    heights: dict[Architecture, list[int]] = defaultdict(list)
    for architecture, fidelity in asked_by(archive):
        heights[architecture].append(RUNGS.index(fidelity))
    assert all(rungs == list(range(rungs[0], rungs[-1] + 1)) for rungs in heights.values())
    assert {r for rungs in heights.values() for r in rungs} == {0, 1, 2}


def test_the_budget_counts_every_share_of_a_training_once(name: str) -> None:
    archive = Archive()
    search(name, archive, evaluations=12)
    furthest: dict[Architecture, float] = {}
    for r in archive.results():
        furthest[r.trial.architecture] = max(furthest.get(r.trial.architecture, 0), SHARES[r.trial.fidelity])
    assert 12 - 1 < sum(furthest.values()) <= 12 + 1e-9


def test_cheap_looks_reach_more_architectures_than_the_budget_has_evaluations(name: str) -> None:
    archive = Archive()
    search(name, archive)
    assert len({architecture for architecture, _ in asked_by(archive)}) > 25


def test_it_finds_better_than_random_search_would_at_equal_cost(name: str) -> None:
    found = [search(name, Archive(), seed=seed)[0].figures["loss"] for seed in range(10)]
    every = sorted(loss(SPACE.decode(genome)) for genome in every_genome(SPACE))
    chance = [comb(255 - i, 19) / comb(256, 20) for i in range(256)]  # that the i-th is the best of 20
    assert np.mean(found) < np.dot(chance, every)


def test_killed_and_run_again_it_asks_the_same(name: str) -> None:
    class Killed(BaseException):
        pass

    for stop in (9, 30):
        whole, archive = Archive(), Archive()

        armed = [True]

        def answered(architectures: list[Architecture], trials: list[Trial]) -> Iterable[dict[str, float]]:
            for a, trial in zip(architectures, trials, strict=True):
                if armed and len(archive) == stop:  # noqa: B023  called within this round
                    raise Killed
                yield {"loss": loss(a, trial.fidelity)}

        search(name, whole, objectives=BOTH)
        with pytest.raises(Killed):
            search(name, archive, objectives=BOTH, evaluate=answered)
        armed.clear()
        search(name, archive, objectives=BOTH, evaluate=answered)
        assert asked_by(archive) == asked_by(whole)


def test_told_all_at_once_it_asks_as_one_that_was_asked_in_between(name: str) -> None:
    small = SearchSpace([Choice(f"c{i}", (0, 1, 2)) for i in range(4)])  # spent towards the end, which is no exception
    third = [*BOTH, Objective("first", exact=lambda a: -float(a["c0"]))]  # with many equals, whose order is easily lost

    def fresh() -> LadderSearch:
        strategy = open_strategy(name, small, third, fidelities=FIDELITIES)
        assert isinstance(strategy, LadderSearch)
        return strategy

    first, told = fresh(), list[Result]()
    while trials := first.ask(7):
        replayed = fresh()
        replayed.tell(told)
        assert replayed.ask(7) == trials, f"after {len(told)} answers"
        answers = [
            {"loss": loss(t.architecture, t.fidelity)} | {o.name: o.exact(t.architecture) for o in third if o.exact}
            for t in trials
        ]
        told += [
            Result(t, figures, error="no" if t.architecture["c1"] == t.architecture["c2"] == 2 else None)
            for t, figures in zip(trials, answers, strict=True)
        ]
        first.tell(told[-len(trials) :])
    assert len({r.trial.architecture for r in told}) == 81


def test_failures_never_go_on(name: str) -> None:
    def sometimes(architectures: list[Architecture], trials: list[Trial]) -> list[dict[str, float]]:
        if any(a["c1"] == 3 for a in architectures):
            raise RuntimeError("no")
        return [{"loss": loss(a, t.fidelity)} for a, t in zip(architectures, trials, strict=True)]

    archive = Archive()
    search(name, archive, evaluate=sometimes)
    failed = [a for a, _ in asked_by(archive) if a["c1"] == 3]
    assert failed
    assert max(Counter(failed).values()) == 1


def test_a_space_that_is_spent_is_finished_at_full_fidelity(name: str) -> None:
    small, archive = SearchSpace([Choice("a", (0, 1, 2, 3)), Choice("b", (0, 1, 2, 3, 4))]), Archive()

    def answer(architectures: list[Architecture], trials: list[Trial]) -> list[dict[str, float]]:
        return [{"loss": a["a"] * a["b"] - SHARES[t.fidelity]} for a, t in zip(architectures, trials, strict=True)]  # type: ignore[operator]

    front = run(small, answer, LOSS, evaluations=300, strategy=name, archive=archive, fidelities=FIDELITIES)
    assert front.stopped == "space spent"
    full = {a for a, fidelity in asked_by(archive) if fidelity == "full"}
    assert len(full) == len(every_genome(small)) == 20


@pytest.mark.parametrize("batch", [1, 9, 25])
def test_however_many_rungs_and_however_asked_a_tenth_of_the_budget_reaches_the_top(name: str, batch: int) -> None:
    rungs = {"a": 0.1, "b": 0.25, "c": 0.5}

    def answer(architectures: list[Architecture], trials: list[Trial]) -> list[dict[str, float]]:
        return [{"loss": loss(a) - len(t.fidelity)} for a, t in zip(architectures, trials, strict=True)]

    front = run(SPACE, answer, LOSS, evaluations=40, strategy=name, fidelities=rungs, batch=batch)
    assert sum(r.trial.fidelity == "full" for r in front.results) >= 4


def test_only_full_fidelity_is_on_the_front(name: str) -> None:
    front = search(name, Archive(), objectives=BOTH)
    assert {r.trial.fidelity for r in front} == {"full"}


@pytest.mark.parametrize("wrong", [{"half": 1.5}, {"half": 0.0}, {"a": 0.5, "b": 0.5}, {"full": 0.5}, {"half": 1.0}])
def test_shares_that_make_no_ladder_are_refused(name: str, wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="different shares between 0 and 1"):
        open_strategy(name, SPACE, LOSS, fidelities=wrong)
