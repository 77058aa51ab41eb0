"""The search loop: ask, record what was asked, evaluate what has no answer yet, store, tell.

What was asked is recorded before anything is evaluated, and a batch is told only when all of it is answered. So
after a kill at any instant the same call finds the begun batch, evaluates what it lacks, and goes on as if
nothing had happened. A larger budget later continues the same sequence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hwnas.archive import Archive, front_of, violation
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.finding import find
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.search._evaluating import Evaluate, evaluated

Progress = Callable[[int, int, Result], None]
"""Called after each trial of the budget with: how many are done, the budget, the result."""


def run(
    space: SearchSpace,
    evaluate: Evaluate,
    objectives: Sequence[Objective],
    *,
    evaluations: int = 200,
    strategy: str = "surrogate",
    seed: int = 0,
    archive: Archive | str | Path = ":memory:",
    progress: Progress | None = None,
    batch: int = 25,
    at_once: int = 1,
    arm: str | None = None,
    provenance: Mapping[str, str] | None = None,
    **settings: object,
) -> list[Result]:
    """Search `space` for the front of `objectives` with a fixed number of real evaluations.

    Args:
        space: what can be chosen; needs no `build`.
        evaluate: takes a list of architectures; returns, or yields, one dict of figures for each, in order. An
            exception or a figure that is not finite is recorded as a failure of that architecture.
        objectives: what is sought. Exact ones are computed, so `evaluate` need not give them.
        evaluations: trials of the strategy, failures and answers found in the archive included.
        strategy: a name, such as ``surrogate``, ``nsga2`` or ``random``.
        seed: not negative.
        archive: a file that is made or continued, an open `Archive`, or ``":memory:"``.
        progress: told of every trial.
        batch: architectures asked for together, between two times of learning.
        at_once: architectures handed to `evaluate` in one call; a kill loses at most these.
        arm: name of this strategy's sequence in the archive; None: made from the strategy, seed, settings and
            objectives. Arms share all answers: nothing is evaluated twice.
        provenance: stored with every result, such as ``{"device": id, "code": version}``.
        settings: of the strategy.

    Returns:
        The results that nothing dominates, within all limits, sorted by the objectives in their order, best first.

    Raises:
        InputError: an argument cannot be used, or the archive belongs to another space or another arm of the name.
        PromiseError: nothing was found within the limits, or every evaluation failed.
    """
    _check(objectives, evaluations=evaluations, batch=batch, at_once=at_once, seed=seed)
    make = find("search", strategy)
    try:
        proposer = make(space, objectives, seed, **settings)  # type: ignore[operator]  # a room's thing is known by name
    except TypeError as error:
        raise InputError(f"Strategy {strategy!r} cannot be made so: {error}; correct its settings.") from error
    identity = _identity(space, objectives, strategy, seed, {**settings, "batch": batch})
    name = arm or f"{strategy}-{seed}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]}"
    store = archive if isinstance(archive, Archive) else Archive(archive)
    try:
        _settle(store, name, identity, space)
        loop = _Loop(store, name, proposer, evaluate, objectives, evaluations, at_once, progress, provenance or {})
        loop.run(batch)
        return _front(loop.results, objectives)
    finally:
        if store is not archive:
            store.close()


@dataclass
class _Loop:
    """One arm being run; its results so far are what is spent of the budget."""

    store: Archive
    arm: str
    strategy: Strategy
    evaluate: Evaluate
    objectives: Sequence[Objective]
    budget: int
    at_once: int
    progress: Progress | None
    provenance: Mapping[str, str]
    results: list[Result] = field(default_factory=list)

    def run(self, batch: int) -> None:
        recorded = self.store.batches(self.arm)
        number = 0
        while len(self.results) < self.budget:
            if number < len(recorded):
                trials = recorded[number]
            else:
                trials = self.store.propose(self.arm, number, self.strategy.ask(batch))
            if not trials:  # the space is spent
                return
            within = trials[: self.budget - len(self.results)]
            for i in range(0, len(within), self.at_once):
                self._answer(within[i : i + self.at_once])
            if len(within) == len(trials):
                self.strategy.tell(self.results[-len(trials) :])
            number += 1

    def _answer(self, trials: Sequence[Trial]) -> None:
        missing = [trial for trial in trials if self.store.get(trial) is None]  # another process may have been here
        for result in evaluated(self.evaluate, missing, self.objectives, self.provenance):
            self.store.add(result)
        for trial in trials:
            stored = self.store.get(trial)
            assert stored is not None  # noqa: S101  added above, and nothing deletes
            self._count(stored)

    def _count(self, result: Result) -> None:
        lacking = [o.name for o in self.objectives if o.name not in result.figures]
        if result.error is None and lacking:
            raise InputError(
                f"The archive holds results without {lacking[0]!r}, from a search for other objectives; "
                "use another archive."
            )
        self.results.append(result)
        if self.progress is not None:
            self.progress(len(self.results), self.budget, result)


def _check(objectives: Sequence[Objective], **numbers: int) -> None:
    names = [o.name for o in objectives]
    if not names or len(set(names)) != len(names):
        raise InputError(f"A search needs objectives with different names, got {names}; name each figure once.")
    for name, value in numbers.items():
        least = 0 if name == "seed" else 1
        if value < least:
            raise InputError(f"A search needs {name} of at least {least}, got {value}; choose a larger one.")


def _identity(
    space: SearchSpace, objectives: Sequence[Objective], strategy: str, seed: int, settings: Mapping[str, object]
) -> dict[str, object]:
    """What the sequence of an arm depends on, as JSON; functions among the settings count by name only."""
    return {
        "space": space.digest,
        "objectives": [[o.name, o.direction, o.limit, o.exact is not None] for o in objectives],
        "strategy": strategy,
        "seed": seed,
        "settings": {
            key: value if isinstance(value, str | int | float | bool) else type(value).__name__
            for key, value in sorted(settings.items())
            if value is not None
        },
    }


def _settle(store: Archive, arm: str, identity: dict[str, object], space: SearchSpace) -> None:
    digest = {"digest": space.digest}
    if store.settle_document("search space", digest) != digest:
        raise InputError(f"The archive {store.path} belongs to a space other than {space.name!r}; use another archive.")
    recorded = store.settle_document(f"search arm {arm}", identity)
    differing = [key for key in identity if recorded.get(key) != identity[key]]
    if differing:
        raise InputError(
            f"Arm {arm!r} was begun with another {differing[0]} ({recorded.get(differing[0])}, "
            f"now {identity[differing[0]]}); use the same, or another arm."
        )


def _front(results: Sequence[Result], objectives: Sequence[Objective]) -> list[Result]:
    front = front_of(results, objectives)
    if not front:
        raise PromiseError(f"All {len(results)} evaluations failed, the last with: {results[-1].error}; mend evaluate.")
    nearest = front[0].figures
    if violation(nearest, objectives) > 0:
        broken = [o for o in objectives if o.violation(nearest[o.name]) > 0]
        words = " and ".join(
            f"{o.name} {_with_unit(nearest[o.name], o)} against a limit of {_with_unit(o.limit, o)}" for o in broken
        )
        raise PromiseError(
            f"None of {len(results)} architectures is within the limits: the nearest has {words}; "
            "relax the limit, evaluate more, or widen the space."
        )
    return front


def _with_unit(value: float | None, objective: Objective) -> str:
    return f"{value:.4g} {objective.unit}".strip()
