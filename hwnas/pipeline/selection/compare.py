"""Several strategies on one problem, with several seeds: who needs how many evaluations.

On a problem whose answers are known the strategies are run; every run stands in one archive, and a killed contest
continues where it stood. Of a real search, what its archive holds is compared, and nothing is evaluated.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from hwnas.archive import Archive, non_dominated
from hwnas.archive.provenance import code_version
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.document import Count, Document
from hwnas.contracts.errors import InputError, PromiseError, quoted
from hwnas.contracts.files import write_atomic
from hwnas.contracts.finding import find, settings_of, usable
from hwnas.contracts.objective import Objective
from hwnas.contracts.problem import Problem
from hwnas.contracts.strategy import FIDELITIES
from hwnas.contracts.trial import Result
from hwnas.report.curves import Curve, write_curves_svg
from hwnas.searches.curves import (
    Scale,
    TimeToTarget,
    attained,
    costs_of,
    hypervolume_curve,
    scale_of,
    time_to_target,
)
from hwnas.searches.indicators import igd_plus
from hwnas.searches.search import search

Progress = Callable[[str, int, int], None]
TARGETS = (0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Standing:
    """How one strategy did.

    Args:
        strategy: its name.
        curves: share of the best hypervolume after each evaluation, ``(runs, evaluations)``.
        igd_plus: mean shortfall from the best front at the end, scaled by its extent, ``(runs,)``; 0 is best.
        targets: for shares of the hypervolume, how long it took.
        median_front: what half of the runs attained at the end, in minimised costs, ``(k, m)``.
    """

    strategy: str
    curves: FloatArray
    igd_plus: FloatArray
    targets: Mapping[float, TimeToTarget]
    median_front: FloatArray

    @property
    def quartiles(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Lower quartile, median and upper quartile after each evaluation, ``(evaluations,)`` each."""
        low, middle, high = np.quantile(self.curves, (0.25, 0.5, 0.75), axis=0)
        return low, middle, high


class StandingRecord(Document):
    """A standing on disk: hypervolumes of every run, quartiles of the last ones, and figures in their own direction."""

    hypervolume: list[list[float]]
    quartiles_at_end: list[float]
    igd_plus: list[float]
    evaluations_to: dict[str, TimeToTarget]
    median_front: list[list[float]]


class ContestRecord(Document):
    """``compare.json``: what was compared on what, the scale of the hypervolumes, and standings by strategy."""

    schema_version: Literal[1] = 1
    problem: str
    code: str
    evaluations: Count
    objectives: list[tuple[str, str]]
    ideal: list[float]
    nadir: list[float]
    margin: float
    strategies: dict[str, StandingRecord]


@dataclass(frozen=True)
class Contest:
    """All standings, the best median at the end first, and the files they were written to."""

    standings: tuple[Standing, ...]
    evaluations: int
    page: Path
    picture: Path


def open_problem(name: str) -> Problem:
    """A problem by name.

    Raises:
        InputError: there is none, or its data is missing.
    """
    problem = find("problems", name)()  # type: ignore[operator]  # found by name
    if not isinstance(problem, Problem):
        raise InputError(f"{quoted(name)} gives no Problem; see hwnas/contracts/problem.py.")
    return problem


def contest_of_problem(
    name: str,
    strategies: Sequence[str],
    *,
    evaluations: int,
    seeds: int,
    folder: Path,
    progress: Progress = lambda *_: None,
) -> Contest:
    """Let strategies search a problem; scaled by its true front, or by the best front of all runs where none is known.

    Strategies with fidelities may take the problem's cheaper looks, and the budget counts what they cost.

    Args:
        name: of the problem.
        strategies: names; none: all there are.
        evaluations: budget of each run.
        seeds: runs of each strategy, with seeds 0, 1, ...
        folder: where the archive, ``compare.json`` and ``compare.svg`` are.
        progress: told how many runs of a strategy are done.

    Raises:
        InputError: the problem or a strategy is unknown, the space has fewer architectures than there are evaluations,
            or the folder cannot be written.
    """
    problem, chosen = open_problem(name), list(dict.fromkeys(strategies)) or list(usable("strategies"))
    for strategy in chosen:
        find("strategies", strategy)  # a mistyped name is to be heard of before anything runs
    if evaluations > problem.space.count():
        raise InputError(
            f"Problem {quoted(name)} has {problem.space.count()} architectures, got {evaluations} evaluations; "
            "ask for fewer."
        )
    by_strategy: dict[str, list[Sequence[Result]]] = {}
    with Archive(folder / "compare.db") as archive:
        for strategy in chosen:
            by_strategy[strategy] = []
            for seed in range(seeds):
                progress(strategy, seed, seeds)
                by_strategy[strategy].append(_one(name, problem, strategy, seed, evaluations, archive))
            progress(strategy, seeds, seeds)
    front = problem.front()
    truth = _best_of(by_strategy, problem.objectives) if front is None else costs_of(front, problem.objectives)
    if not len(truth):
        raise InputError(f"Nothing was evaluated in full within {evaluations} evaluations; allow for more.")
    comparison = _Comparison(problem.objectives, scale_of(truth), truth, evaluations, problem.shares)
    return comparison.conclude(by_strategy, problem.title, folder)


def contest_of_run(run_folder: Path, folder: Path) -> Contest:
    """Compare the strategies whose searches a run's archive holds, by the best front known from all of them.

    Raises:
        InputError: there is no archive, or no search in it.
    """
    path = run_folder / "study.db"
    if not path.is_file():
        raise InputError(f"No study.db in {run_folder}: expected the folder of a search; begin with `hwnas search`.")
    by_objectives: dict[tuple[Objective, ...], dict[str, list[Sequence[Result]]]] = {}
    with Archive(path) as archive:
        for run, record in archive.searches().items():
            if record.role != "confirmation":
                sought = tuple(Objective(o.name, o.direction, limit=o.limit) for o in record.objectives)
                by_objectives.setdefault(sought, {}).setdefault(record.strategy, []).append(archive.results(run))
    if not by_objectives:
        raise InputError(f"The archive {path} holds no search yet; begin with `hwnas search`.")
    objectives = max(
        by_objectives, key=lambda sought: sum(len(r) for runs in by_objectives[sought].values() for r in runs)
    )
    mine = by_objectives[objectives]
    truth = _best_of(mine, objectives)
    if not len(truth):
        raise InputError(f"The searches in {path} found nothing within their limits; there is nothing to compare.")
    evaluations = min(len(results) for runs in mine.values() for results in runs)
    return _Comparison(objectives, scale_of(truth), truth, evaluations, {}).conclude(mine, f"Run {run_folder}", folder)


def _best_of(by_strategy: Mapping[str, Sequence[Sequence[Result]]], objectives: Sequence[Objective]) -> FloatArray:
    """Costs of the best front known from all runs, ``(k, m)``."""
    everything = costs_of([r for runs in by_strategy.values() for results in runs for r in results], objectives)
    return everything[non_dominated(everything)] if len(everything) else everything


def _one(name: str, problem: Problem, strategy: str, seed: int, evaluations: int, archive: Archive) -> Sequence[Result]:
    takes = FIDELITIES in settings_of(find("strategies", strategy))
    run = f"{name} {strategy} {seed}"
    with suppress(PromiseError):  # with a small budget nothing may come to full fidelity: its hypervolume is then 0
        search(
            problem.space, problem.evaluate, problem.objectives, evaluations=evaluations, strategy=strategy, seed=seed,
            archive=archive, run=run, fidelities=problem.fidelities if takes and problem.fidelities else None,
        )  # fmt: skip
    return archive.results(run)


@dataclass(frozen=True)
class _Comparison:
    objectives: Sequence[Objective]
    scale: Scale
    truth: FloatArray
    evaluations: int
    shares: Mapping[str, float]

    def conclude(self, by_strategy: Mapping[str, Sequence[Sequence[Result]]], problem: str, folder: Path) -> Contest:
        standings = [self._standing(name, runs) for name, runs in by_strategy.items()]
        standings.sort(key=lambda s: -float(s.quartiles[1][-1]))
        page, picture = folder / "compare.json", folder / "compare.svg"
        document = ContestRecord(
            problem=problem,
            code=code_version(),
            evaluations=self.evaluations,
            objectives=[(o.name, o.direction) for o in self.objectives],
            ideal=self.scale.ideal.tolist(),
            nadir=self.scale.nadir.tolist(),
            margin=self.scale.margin,
            strategies={s.strategy: self._told(s) for s in standings},
        )
        curves = [Curve(s.strategy, *(q.tolist() for q in s.quartiles)) for s in standings]
        runs = len(standings[0].curves)
        write_atomic(page, document.model_dump_json(indent=1) + "\n")
        write_curves_svg(
            curves, picture, title=f"{problem}, {runs} {'run' if runs == 1 else 'runs'} each",
            x_label="Evaluations", y_label="Share of the best hypervolume",
        )  # fmt: skip
        return Contest(tuple(standings), self.evaluations, page, picture)

    def _standing(self, name: str, runs: Sequence[Sequence[Result]]) -> Standing:
        curves = np.stack(
            [hypervolume_curve(r, self.objectives, self.scale, self.evaluations, self.shares) for r in runs]
        )
        fronts = [costs_of(r, self.objectives) for r in runs]
        fronts = [front if len(front) else self.scale.nadir[None] for front in fronts]
        shortfall = np.array([igd_plus(front, self.truth, self.scale.ideal, self.scale.nadir) for front in fronts])
        targets = {target: time_to_target(curves, target) for target in TARGETS}
        return Standing(name, curves, shortfall, targets, attained(fronts, 0.5))

    def _told(self, standing: Standing) -> StandingRecord:
        return StandingRecord(
            hypervolume=[_rounded(row) for row in standing.curves],
            quartiles_at_end=_rounded(np.array([quartile[-1] for quartile in standing.quartiles])),
            igd_plus=_rounded(standing.igd_plus),
            evaluations_to={str(target): time for target, time in standing.targets.items()},
            median_front=[_rounded(row * [o.sign for o in self.objectives]) for row in standing.median_front],
        )


def _rounded(values: FloatArray) -> list[float]:
    return [round(float(value), 5) for value in values]
