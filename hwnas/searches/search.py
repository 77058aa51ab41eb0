"""The search loop: ask, record what was asked, evaluate what has no answer yet, store, tell.

What was asked is recorded before anything is evaluated, and a batch is told only when all of it is answered. So
after a kill at any instant the same call finds the begun batch, evaluates what it lacks, and goes on as if
nothing had happened. A larger budget later continues the same sequence.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import JsonValue

from hwnas.archive import Archive, front_of, merged
from hwnas.archive.provenance import function_digest
from hwnas.archive.records import KnowledgeRecord, OwnSpaceRecord, Role, SearchRecord, Sought
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.finding import maker
from hwnas.contracts.numbers import real, whole
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.contracts.words import one_of
from hwnas.searches.budget import Spending
from hwnas.searches.eta import Remaining
from hwnas.searches.evaluate import Evaluate, evaluated
from hwnas.searches.front import SearchFront, make_front
from hwnas.searches.stall import has_stalled
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.prior.transfer import Knowledge

OnTrial = Callable[[int, int, Result], None]
"""Called after each trial of the budget with: how many are done, the budget, the result."""

Start = Archive | str | Path | Iterable[Architecture]
"""Where to begin: architectures, or an archive of another search whose front is taken."""

_CONFIRMING = 0.2  # share of the budget that measures the front of noisy objectives again


def open_strategy(
    name: str, space: SearchSpace, objectives: Sequence[Objective], *, seed: int = 0, **settings: object
) -> Strategy:
    """A strategy to be asked for trials and told results by hand, see `Strategy`.

    Args:
        name: such as ``surrogate``, ``nsga2`` or ``random``.
        space: what can be chosen.
        objectives: what is sought.
        seed: not negative.
        settings: of the strategy.

    Raises:
        InputError: there is no such strategy, or an argument cannot be used.
    """
    _check(objectives)
    seed = whole("the argument seed of a search", seed)
    make = maker("strategies", name)
    try:
        strategy = make(space, objectives, seed, **settings)
    except TypeError as error:
        raise InputError(f"Strategy {quoted(name)} cannot be made so: {error}; correct its settings.") from error
    if not isinstance(strategy, Strategy):
        raise InputError(f"{quoted(name)} should give a Strategy, got {type(strategy).__name__}; derive from it.")
    return strategy


def search(
    space: SearchSpace,
    evaluate: Evaluate,
    objectives: Sequence[Objective],
    *,
    evaluations: int = 200,
    strategy: str = "surrogate",
    seed: int = 0,
    archive: Archive | str | Path = ":memory:",
    progress: OnTrial | Literal["show"] | None = None,
    time_seconds: float | None = None,
    stall_rounds: int | None = None,
    start: Start = (),
    fidelities: Mapping[str, float] | None = None,
    batch: int | None = None,
    at_once: int = 1,
    run: str | None = None,
    role: Literal["search", "baseline"] = "search",
    question: str = "",
    provenance: Mapping[str, str] | None = None,
    **settings: object,
) -> SearchFront:
    """Search `space` for the front of `objectives` with few real evaluations.

    Args:
        space: what can be chosen; needs no `build`.
        evaluate: takes a list of architectures; returns, or yields, one dict of figures for each, in order. An
            exception or a figure that is not finite is recorded as a failure of that architecture, and not retried.
        objectives: what is sought, two to four as a rule. Exact ones are computed, so `evaluate` need not give them.
            Where one is noisy, a fifth of the budget measures the front again.
        evaluations: trials of the strategy, failures and answers found in the archive included.
        strategy: a name, such as ``surrogate``, ``nsga2`` or ``random``.
        seed: not negative.
        archive: a file that is made or continued, an open `Archive`, or ``":memory:"``.
        progress: told of every trial; ``"show"``: how many are done and how long the rest takes, on standard error.
        time_seconds: begins no evaluation once those of this search, earlier runs included, took so long.
        stall_rounds: ends when so many rounds brought the hypervolume no more than its uncertainty; None: never.
        start: evaluated before anything else; of an archive, such as that of a search for another device, the fronts.
            The strategy `surrogate` then also learns from all its figures.
        fidelities: names of fidelities and their cost as a share of ``full``, cheapest first, for strategies that
            know of them; the budget counts costs. Going on from a cheaper one costs the difference only, since a
            training that stopped at 3 epochs goes on to 12 with 9 more.
        batch: architectures asked for together, between two times of learning; None: what the strategy likes.
        at_once: architectures handed to `evaluate` in one call; a kill loses at most these.
        run: name of this strategy's sequence in the archive; None: made from the strategy, seed, settings, objectives
            and provenance. Arms share all answers of one provenance: nothing is evaluated twice.
        role: what the run is for, where it stands in an archive among others.
        question: what is asked for, in a word; runs that answer the same question differ by their strategy.
        provenance: stored with every result, such as ``{"device": id, "code": version}``. A digest of `evaluate`, where
            there is a source to read (see `function_digest`), joins it as ``evaluate`` unless given. It is part of what
            is asked: answers of another provenance are kept, and asked for anew.
        settings: of the strategy.

    Returns:
        The results that nothing dominates, within all limits, sorted by the objectives in their order, best first.

    Raises:
        InputError: an argument cannot be used, or the archive belongs to another space or another run of the name.
        PromiseError: nothing was found within the limits, or every evaluation failed.
    """
    if isinstance(progress, str):
        one_of("the progress of a search", progress, ("show",))
    one_of("the role of a search", role, ("search", "baseline"))
    evaluations = whole("the argument evaluations of a search", evaluations, 1)
    at_once = whole("the argument at_once of a search", at_once, 1)
    stall_rounds = None if stall_rounds is None else whole("the argument stall_rounds of a search", stall_rounds, 1)
    batch = None if batch is None else whole("the argument batch of a search", batch, 1)
    seed = whole("the argument seed of a search", seed)
    if time_seconds is not None and real("the argument time_seconds of a search", time_seconds) <= 0:
        raise InputError(f"A search needs time_seconds above zero, got {time_seconds}; allow more time.")
    settings = {key: value.item() if isinstance(value, np.generic) else value for key, value in settings.items()}
    if fidelities is not None:
        fidelities = {name: real(f"the cost of fidelity {quoted(name)}", cost) for name, cost in fidelities.items()}
        settings["fidelities"] = dict(fidelities)
    _check(objectives)
    proposer = open_strategy(strategy, space, objectives, seed=seed, **settings)
    digest = function_digest(evaluate)
    provenance = {**({"evaluate": digest} if digest else {}), **(provenance or {})}
    record = _record(space, objectives, strategy, seed, {**settings, "batch": batch}, provenance, role, question)
    name = run or f"{strategy}-{seed}-{hashlib.sha256(record.model_dump_json().encode()).hexdigest()[:8]}"
    begin = _beginning(start, space)
    noisy = any(o.noisy for o in objectives)
    confirming = min(evaluations - 1, int(evaluations * _CONFIRMING)) if noisy else 0
    store = archive if isinstance(archive, Archive) else Archive(archive)
    try:
        _settle(store, name, record, space)
        _warm_start(proposer, start, store, name, space)
        loop = _Loop(
            store, name, record, proposer, evaluate, objectives, evaluations - confirming, evaluations, at_once,
            Remaining(time_seconds) if progress == "show" else progress,
            space, Spending({"full": 1.0, **(fidelities or {})}), time_seconds, stall_rounds,
        )  # fmt: skip
        stopped = loop.run(batch, begin)
        store.end(name, len(loop.results))
        loop.confirm(confirming)
        noise = history_of(space, objectives, loop.results).noise
        return make_front(loop.results, objectives, stopped=stopped, noise=noise, from_before=loop.from_before)
    finally:
        if store is not archive:
            store.close()


@dataclass
class _Loop:
    """A run of a strategy; its results so far are what is spent of the budget."""

    store: Archive
    name: str
    record: SearchRecord
    strategy: Strategy
    evaluate: Evaluate
    objectives: Sequence[Objective]
    budget: int
    whole: int  # the budget together with what confirms the front
    at_once: int
    progress: OnTrial | None
    space: SearchSpace
    spending: Spending
    time_seconds: float | None
    stall_rounds: int | None
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    from_before: int = 0  # answers that were in the archive

    def run(self, batch: int | None, begin: Sequence[Architecture]) -> str:
        """Ask, answer, tell, until something says enough: why it ended."""
        recorded = self.store.batches(self.name)
        number, told = 0, list[int]()
        while self.spending.spent < self.budget - 1e-9:
            if number < len(recorded):
                trials = recorded[number]
            else:
                trials = self.store.propose(self.name, number, self._next(batch, begin if number == 0 else ()))
            if not trials:
                return "space spent"
            before = len(self.results)
            if not self._answer_all(trials):
                return "time"
            if len(self.results) < before + len(trials):
                return "evaluations"
            self.strategy.tell(self.results[before:])
            told.append(len(self.results))
            if self.stall_rounds and has_stalled(self.space, self.objectives, self.results, told, self.stall_rounds):
                return "stalled"
            number += 1
        return "evaluations"

    def _next(self, batch: int | None, begin: Sequence[Architecture]) -> list[Trial]:
        if begin:
            return [Trial(architecture) for architecture in begin]
        began = time.perf_counter()
        trials = self.strategy.ask(batch or self.strategy.batch)
        self.seconds += time.perf_counter() - began
        asked = {result.trial for result in self.results}
        for trial in trials:
            if trial in asked:  # it costs nothing, so the budget would never be spent
                raise InputError(
                    f"Strategy {quoted(self.record.strategy)} should never ask for a trial twice, and did for "
                    f"{quoted(trial.architecture.to_json())}; mend it, or take another."
                )
            asked.add(trial)
        return trials

    def _answer_all(self, trials: Sequence[Trial]) -> bool:
        """Answer what is within the budget; whether the time was enough for it."""
        i = 0
        while i < len(trials) and self._fits(self.spending.spent, trials[i]):
            if self.time_seconds is not None and self.seconds >= self.time_seconds:
                return False
            some, spent = list[Trial](), self.spending.spent
            while i < len(trials) and len(some) < self.at_once and self._fits(spent, trials[i]):
                spent += self.spending.cost(trials[i])
                some.append(trials[i])
                i += 1
            self._answer(some)
        return True

    def confirm(self, budget: int) -> None:
        """Measure the members of the front again, the least often measured first, each time of the front there is.

        Its trials are another run for each budget, so a larger budget later continues the search itself.
        """
        if not budget:
            return
        name, self.budget = f"{self.name}-confirm-{self.whole}", self.budget + budget
        self.store.begin(name, self.record.model_copy(update={"role": "confirmation"}))
        recorded = self.store.batches(name)
        for number in range(budget):
            trials = recorded[number] if number < len(recorded) else self.store.propose(name, number, self._doubtful())
            if not trials or not self._answer_all(trials):
                return

    def _doubtful(self) -> list[Trial]:
        times: dict[Architecture, int] = {}
        for r in self.results:
            times[r.trial.architecture] = max(times.get(r.trial.architecture, 0), r.trial.seed + 1)
        front = front_of(merged(self.results), self.objectives)
        if not front:
            return []
        least = min(front, key=lambda r: times[r.trial.architecture])
        return [Trial(least.trial.architecture, seed=times[least.trial.architecture])]

    def _answer(self, trials: Sequence[Trial]) -> None:
        provenance = self.record.provenance
        missing = [t for t in trials if self.store.get(t, provenance) is None]  # another process may have been here
        self.from_before += len(trials) - len(missing)
        for result in evaluated(self.evaluate, missing, self.objectives, provenance):
            self.store.add(result)
        for trial in trials:
            stored = self.store.get(trial, provenance)
            assert stored is not None  # noqa: S101  added above, and nothing deletes
            self._count(self._computed(replace(stored, trial=trial)))  # the trial asked for knows its genome

    def _computed(self, result: Result) -> Result:
        """The result with exact figures as their functions say now: the archive may have those of others."""
        exact = {o.name: float(o.exact(result.trial.architecture)) for o in self.objectives if o.exact is not None}
        return replace(result, figures={**result.figures, **exact}) if exact and result.error is None else result

    def _fits(self, spent: float, trial: Trial) -> bool:
        return spent + self.spending.cost(trial) < self.budget + 1e-9

    def _count(self, result: Result) -> None:
        lacking = [o.name for o in self.objectives if o.name not in result.figures]
        if result.error is None and lacking:
            raise InputError(
                f"The archive holds results without {quoted(lacking[0])}, from a search for other objectives; "
                "use another archive."
            )
        self.results.append(result)
        self.spending.pay(result.trial)
        self.seconds += result.cost_seconds
        if self.progress is not None:
            self.progress(len(self.results), self.whole, result)


def _check(objectives: Sequence[Objective]) -> None:
    names = [o.name for o in objectives]
    if not names or len(set(names)) != len(names):
        raise InputError(f"A search needs objectives with different names, got {names}; name each figure once.")


def _record(
    space: SearchSpace,
    objectives: Sequence[Objective],
    strategy: str,
    seed: int,
    settings: Mapping[str, object],
    provenance: Mapping[str, str],
    role: Role,
    question: str,
) -> SearchRecord:
    """What the sequence of a run depends on; functions among the settings count by name only."""
    return SearchRecord(
        role=role,
        question=question,
        space=space.digest,
        objectives=[
            Sought(name=o.name, direction=o.direction, limit=o.limit, exact=o.exact is not None) for o in objectives
        ],
        strategy=strategy,
        seed=seed,
        settings={key: _as_json(value) for key, value in sorted(settings.items()) if value is not None},
        provenance={str(name): str(value) for name, value in provenance.items()},
    )


def _as_json(value: object) -> JsonValue:
    """A setting as it is written down; of a function and the like the kind alone."""
    try:
        told: JsonValue = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return type(value).__name__
    return told


def _beginning(start: Start, space: SearchSpace) -> list[Architecture]:
    """Distinct architectures to begin with; of an archive the fronts its searches found, for what they sought."""
    if isinstance(start, str | Path):
        if not Path(start).exists():
            raise InputError(f"No archive at {start} to start from; name one that is there.")
        with Archive(start) as source:
            return _beginning(source, space)
    if isinstance(start, Archive):
        start = [
            r.trial.architecture
            for name, record in start.searches().items()
            for r in _front_of_run(start, name, record)
        ]
    return list(dict.fromkeys(space.architecture(a) for a in start))


def _warm_start(proposer: Strategy, start: Start, store: Archive, name: str, space: SearchSpace) -> None:
    """Hand on what the archive to start from knows; it is kept beside the run, so what comes later changes nothing."""
    if not isinstance(start, Archive | str | Path):
        return
    record = store.record(KnowledgeRecord, name)
    if record is None:
        source = start if isinstance(start, Archive) else Archive(start)
        try:
            record = store.settle(name, Knowledge.of(source, space).to_record())
        finally:
            if source is not start:
                source.close()
    knowledge = Knowledge.of_record(record, space)
    proposer.warm_start(knowledge.genomes, knowledge.figures)


def _front_of_run(source: Archive, name: str, record: SearchRecord) -> list[Result]:
    return front_of(merged(source.results(name)), [Objective(o.name, o.direction) for o in record.objectives])


def _settle(store: Archive, name: str, record: SearchRecord, space: SearchSpace) -> None:
    of = OwnSpaceRecord(space=SpaceRecord.of(space))
    if (stored := store.settle("", of)) != of:
        raise InputError(f"The archive {store.path} is of {stored.space}, not of {of.space}; use another archive.")
    recorded, now = store.begin(name, record).model_dump(), record.model_dump()
    differing = [key for key in now if recorded[key] != now[key]]
    if differing:
        raise InputError(
            f"Run {quoted(name)} was begun with another {differing[0]} ({quoted(recorded[differing[0]])}, "
            f"now {quoted(now[differing[0]])}); use the same, or another run."
        )
