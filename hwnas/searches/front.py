"""What a search gives back: the results that nothing dominates, and how sure that is.

Where figures are noisy, each member stands for all measurements of its architecture: its figures are their means. How
sure its place is, is found by drawing every candidate anew within the errors of its means, and counting how often the
member is still on the front.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from hwnas.archive import front_of, merged, non_dominated, violation
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import told_apart, with_error
from hwnas.contracts.trial import Result
from hwnas.surrogates.base.per_objective import violations

_DRAWS = 1000


@dataclass(frozen=True)
class SearchFront(Sequence[Result]):
    """The non-dominated results within all limits, sorted by the objectives in their order, best first.

    Args:
        members: the results; of an architecture measured several times one, with the means of its figures.
        objectives: what was sought.
        results: everything the search was answered, failures included, in the order asked.
        stopped: why it ended: ``evaluations``, ``time``, ``stalled`` or ``space spent``.
        repeats: how often each member was measured.
        errors: standard error of each member's figures by objective; 0 for what is not noisy.
        sureness: the chance that each member is on the true front of what was measured, by its errors; 1 without noise.
        from_before: answers that were in the archive before this call, and were not asked for anew.
    """

    members: tuple[Result, ...]
    objectives: tuple[Objective, ...]
    results: tuple[Result, ...] = field(repr=False)
    stopped: str = "evaluations"
    repeats: tuple[int, ...] = ()
    errors: tuple[Mapping[str, float], ...] = ()
    sureness: tuple[float, ...] = ()
    from_before: int = 0

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        return self.members[index]

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.members)

    def __str__(self) -> str:
        before = f", {self.from_before} of them from before" if self.from_before else ""
        lines = [f"{len(self)} on the front after {len(self.results)} evaluations{before} (ended by: {self.stopped})"]
        for result, error, sure in zip(self.members, self.errors, self.sureness, strict=True):
            words = [f"{o.name} {with_error(o, result.figures[o.name], error[o.name])}" for o in self.objectives]
            lines.append(", ".join(words) + (f" ({sure:.0%} sure)" if sure < 1 else ""))
        return "\n".join(lines)


def make_front(
    results: Sequence[Result], objectives: Sequence[Objective], *, stopped: str, noise: FloatArray, from_before: int = 0
) -> SearchFront:
    """The front of everything answered at full fidelity.

    Args:
        results: in the order asked.
        objectives: what was sought.
        stopped: see `SearchFront`.
        noise: standard deviation of one measurement, ``(m,)``.
        from_before: see `SearchFront`.

    Raises:
        PromiseError: nothing was found within the limits, or every evaluation failed.
    """
    candidates = merged(results)
    counts = Counter(r.trial.architecture for r in results if r.error is None and r.trial.fidelity == "full")
    front = front_of(candidates, objectives)
    if not front:
        _refuse_empty(results)
    _refuse_beyond_limits(front[0], len(results), objectives)
    deviation = {o.name: float(s) if o.noisy else 0.0 for o, s in zip(objectives, noise, strict=True)}
    repeats = tuple(counts[r.trial.architecture] for r in front)
    errors = tuple({name: s / np.sqrt(n) for name, s in deviation.items()} for n in repeats)
    sureness = _sureness(candidates, counts, front, objectives, deviation)
    return SearchFront(tuple(front), tuple(objectives), tuple(results), stopped, repeats, errors, sureness, from_before)


def _sureness(
    candidates: Sequence[Result],
    counts: Mapping[Architecture, int],
    front: Sequence[Result],
    objectives: Sequence[Objective],
    deviation: Mapping[str, float],
) -> tuple[float, ...]:
    if not any(deviation.values()):
        return (1.0,) * len(front)
    signs = np.array([o.sign for o in objectives])
    costs = np.array([[r.figures[o.name] for o in objectives] for r in candidates]) * signs
    repeats = np.array([counts[r.trial.architecture] for r in candidates])
    errors = np.array([deviation[o.name] for o in objectives]) / np.sqrt(repeats)[:, None]
    rng = np.random.default_rng(0)
    on_front = np.zeros(len(candidates))
    for _ in range(_DRAWS):
        drawn = costs + errors * rng.standard_normal(costs.shape)
        on_front += non_dominated(drawn, violations(drawn * signs, objectives))
    place = {r.trial.architecture: i for i, r in enumerate(candidates)}
    return tuple(float(on_front[place[r.trial.architecture]] / _DRAWS) for r in front)


def _refuse_empty(results: Sequence[Result]) -> None:
    failed = [r for r in results if r.error is not None]
    if len(failed) < len(results):
        raise PromiseError(f"None of {len(results)} evaluations succeeded at full fidelity; evaluate more.")
    raise PromiseError(f"All {len(failed)} evaluations failed, the last with: {failed[-1].error}; mend evaluate.")


def _refuse_beyond_limits(nearest: Result, evaluations: int, objectives: Sequence[Objective]) -> None:
    if violation(nearest.figures, objectives) <= 0:
        return
    broken = [(o, o.limit) for o in objectives if o.limit is not None and o.violation(nearest.figures[o.name]) > 0]
    told = [(o.name, *told_apart(o, nearest.figures[o.name], limit)) for o, limit in broken]
    words = " and ".join(f"{name} {value} against a limit of {limit}" for name, value, limit in told)
    raise PromiseError(
        f"None of {evaluations} architectures is within the limits: the nearest has {words}; "
        "relax the limit, evaluate more, or widen the space."
    )
