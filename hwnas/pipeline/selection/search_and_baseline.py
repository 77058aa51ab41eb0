"""The search and its baseline, and how far each has come."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import numpy as np

from hwnas.archive import Archive
from hwnas.archive.provenance import digest
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.evaluation.evaluator import Evaluator
from hwnas.pipeline.predictions.all_timed import Figures
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.selection.size import stored_values
from hwnas.pipeline.selection.strategy_choice import BASELINE, Chosen
from hwnas.searches.curves import Scale, costs_of, hypervolume_curve
from hwnas.searches.search import search

SEARCHING, COMPARING = "searching", "random search beside it"
SCORED_EXAMPLES = 64  # training images that zero-cost scores are taken on


@dataclass(frozen=True)
class SearchAndBaseline:
    """What a search and its baseline share.

    Args:
        provenance: of every answer.
        question: what both answer, see `SearchRecord`.
        asked: evaluations each is begun with; batches of the baseline are shares of it.
        latency: predicts what is not evaluated, for it is known well enough.
        extra: predictors of extra figures, limited or wanted, by name.
        start: what the search evaluates before anything else.
    """

    space: SearchSpace
    provenance: Mapping[str, str]
    question: str
    seed: int
    objectives: Sequence[Objective]
    asked: int
    latency: Figures
    extra: Mapping[str, Figures]
    evaluator: Evaluator
    archive: Archive
    progress: Callable[[str, int, int], None]
    start: Sequence[Architecture] = ()

    def search(self, chosen: Chosen, run: str, evaluations: int, seconds: float | None = None) -> int:
        """Run the search up to so many evaluations, or seconds; how many it has had.

        Raises:
            PromiseError: it found nothing within the limits.
        """
        settings, objectives = chosen.within(self.asked), self.objectives
        if chosen.strategy != BASELINE:
            objectives = [self._known(o) for o in objectives]
            if chosen.takes("examples"):
                examples = self.evaluator.calibration.take(slice(0, SCORED_EXAMPLES))
                settings = {**settings, "examples": (examples.inputs[0], examples.labels)}
        self._run(chosen.strategy, run, objectives, evaluations, SEARCHING, seconds, settings)
        return len(self.archive.results(run))

    def compare(self, run: str, evaluations: int) -> None:
        """Run the baseline with as many evaluations; it need not find anything within the limits."""
        with suppress(PromiseError):
            self._run(BASELINE, run, self.objectives, evaluations, COMPARING, None, {})

    def _run(
        self,
        strategy: str,
        run: str,
        objectives: Sequence[Objective],
        evaluations: int,
        words: str,
        seconds: float | None,
        settings: Mapping[str, object],
    ) -> None:
        batch = max(4, self.asked // 8) if strategy == BASELINE else None
        search(
            self.space, self._evaluate, objectives, evaluations=evaluations, strategy=strategy, seed=self.seed,
            archive=self.archive, run=run, batch=batch, provenance=self.provenance,
            role="baseline" if strategy == BASELINE else "search", question=self.question,
            start=() if strategy == BASELINE else self.start, time_seconds=seconds,
            progress=lambda done, total, _: self.progress(words, done, total),
            **settings,  # type: ignore[arg-type]  # of the strategy
        )  # fmt: skip

    def _known(self, objective: Objective) -> Objective:
        """The objective with what tells it, where a predictor or a formula does: then no strategy need learn it."""
        predictors = {"latency_ms": self.latency, **self.extra}
        tells = {name: predictor.planned for name, predictor in predictors.items()}
        if self.space.costs is not None:
            tells["params"] = self._params
        if objective.name not in tells:
            return objective
        return replace(objective, exact=Planned(self.space, tells[objective.name]))

    def _params(self, genomes: IntArray) -> FloatArray:
        return stored_values(self.space, genomes)

    def _evaluate(self, architectures: list[Architecture]) -> Iterator[dict[str, float]]:
        genomes = self.space.encode_many(architectures)
        expected = self.latency.planned(genomes)
        beside = {name: predictor.planned(genomes) for name, predictor in self.extra.items()}
        params = self._params(genomes)
        name = self.evaluator.task.figure.name
        for i, figure in enumerate(self.evaluator.figures(architectures)):
            figures = {name: figure, "latency_ms": float(expected[i]), "params": float(params[i])}
            yield figures | {name: float(values[i]) for name, values in beside.items()}


@dataclass(frozen=True)
class Planned:
    """What is reckoned with of a figure, as an objective's exact function; see `Objective`.

    Args:
        space: of the architectures.
        tells: the figure of ``(n, g)``, ``(n,)``.
    """

    space: SearchSpace
    tells: Callable[[IntArray], FloatArray]

    def __call__(self, architecture: Architecture) -> float:
        """Of one architecture."""
        return float(self.of_genomes(self.space.encode(architecture)[None])[0])

    def of_genomes(self, genomes: IntArray) -> FloatArray:
        """Of ``(n, g)`` together, ``(n,)``, which takes hardly longer than one."""
        return self.tells(genomes)


def question_of(limits: Limits, seed: int, evaluations: int) -> str:
    """What is asked for, in a word: other limits, seeds or numbers of evaluations are other sequences."""
    return f"{seed}-{evaluations}-{digest(json.dumps(_asked(limits)))}"


def hypervolumes(
    archive: Archive, objectives: Sequence[Objective], runs: Mapping[str, str]
) -> dict[str, list[tuple[int, float]]]:
    """Per strategy, the share of the box spanned by all results within the limits that its first so many dominate."""
    searches = archive.searches()
    ruled = [searches[run].provenance for run in runs.values() if run in searches]
    costs = costs_of([result for result in archive.results() if result.provenance in ruled], objectives)
    ideal, nadir = costs.min(axis=0), costs.max(axis=0)
    scale = Scale(ideal, np.where(nadir > ideal, nadir, ideal + 1.0), margin=0.0)
    by_strategy = {strategy: archive.results(run) for strategy, run in runs.items()}
    return {
        strategy: list(enumerate(hypervolume_curve(results, objectives, scale, len(results)).tolist(), 1))
        for strategy, results in by_strategy.items()
    }


def judged_results(
    archive: Archive, run: str | None = None, *, provenance: Mapping[str, str] | None = None
) -> list[Result]:
    """All results, or a run's, that did not fail; with what is said of their provenance: figures of another rule are
    not comparable.
    """
    results = [result for result in archive.results(run) if result.error is None]
    return [result for result in results if (provenance or {}).items() <= result.provenance.items()]


def spread(front: Sequence[Result], most: int) -> list[Result]:
    """At most so many results of a front, both ends and evenly many between."""
    ordered = sorted(front, key=lambda result: result.figures["latency_ms"])
    places = np.unique(np.linspace(0, len(ordered) - 1, most).round().astype(int))
    return [ordered[i] for i in places]


def _asked(limits: Limits) -> dict[str, object]:
    """What names a run: whatever is set."""
    return {name: value for name, value in asdict(limits).items() if value}
