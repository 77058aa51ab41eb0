"""The two arms of every search, and how far each has come."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.errors import PromiseError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result
from hwnas.pipeline._digest import digest
from hwnas.pipeline._judging import Judge
from hwnas.pipeline._limits import Limits
from hwnas.pipeline._predicting import GenomePredictor, accuracy_fit
from hwnas.pipeline._version import code_version
from hwnas.search._engine import run as run_search
from hwnas.search._quality import hypervolume

SEARCHING, COMPARING = "searching", "random search beside it"
ARMS = {"surrogate": SEARCHING, "random": COMPARING}


@dataclass(frozen=True)
class Arms:
    """What both arms of a search share.

    Args:
        device: id of the device's card.
        asked: evaluations each arm is begun with; batches are shares of it.
        latency: predicts what is not evaluated, for it is known well enough.
        further: predictors of further limited figures, by name.
    """

    space: SearchSpace
    device: str
    seed: int
    objectives: Sequence[Objective]
    asked: int
    latency: GenomePredictor
    further: Mapping[str, GenomePredictor]
    judge: Judge
    archive: Archive
    progress: Callable[[str, int, int], None]

    def run(self, strategy: str, arm: str, evaluations: int, seconds: float | None = None) -> int:
        """Run one up to so many evaluations, or seconds; how many it has had.

        Raises:
            PromiseError: the search, not the yardstick, found nothing within the limits.
        """
        settings: dict[str, Any] = {}
        if strategy == "surrogate":
            settings = {
                "fit": accuracy_fit(self.space, self.latency, self.seed, dict(self.further)),
                "initial": max(12, self.asked // 4),
            }
        try:
            run_search(
                self.space, self._evaluate, self.objectives, evaluations=evaluations, strategy=strategy,
                seed=self.seed, archive=self.archive, arm=arm, batch=max(4, self.asked // 8),
                provenance={"device": self.device, "code": code_version()}, time_seconds=seconds,
                progress=lambda done, total, _: self.progress(ARMS[strategy], done, total), **settings,
            )  # fmt: skip
        except PromiseError:
            if strategy == "surrogate":
                raise
        return len(self.archive.results(arm))

    def _evaluate(self, architectures: list[Architecture]) -> Iterator[dict[str, float]]:
        genomes = np.stack([self.space.encode(a) for a in architectures])
        expected = self.latency.planned(genomes)
        beside = {name: predictor.planned(genomes) for name, predictor in self.further.items()}
        params = self.space.costs(genomes)["params"] if self.space.costs else np.zeros(len(genomes))
        for i, share in enumerate(self.judge.accuracies(architectures)):
            figures = {"accuracy": share, "latency_ms": float(expected[i]), "params": float(params[i])}
            yield figures | {name: float(values[i]) for name, values in beside.items()}


def arm_names(limits: Limits, seed: int, evaluations: int) -> dict[str, str]:
    """Per strategy the name of its arm; other limits, seeds or numbers of evaluations are other sequences."""
    rest = f"{seed}-{evaluations}-{digest(json.dumps(_asked(limits)))}"
    return {strategy: f"{strategy}-{rest}" for strategy in ARMS}


def hypervolumes(
    archive: Archive, objectives: Sequence[Objective], arms: Mapping[str, str]
) -> dict[str, list[tuple[int, float]]]:
    """Per strategy, the share of the box spanned by all results that its first so many evaluations dominate."""
    everything = judged_results(archive)
    costs = _costs(everything, objectives)
    ideal, nadir = costs.min(axis=0), costs.max(axis=0)
    nadir = np.where(nadir > ideal, nadir, ideal + 1.0)
    found: dict[str, list[tuple[int, float]]] = {}
    for strategy, arm in arms.items():
        results = judged_results(archive, arm)
        found[strategy] = [
            (n, hypervolume(_costs(results[:n], objectives), ideal, nadir)) for n in range(1, len(results) + 1)
        ]
    return found


def judged_results(archive: Archive, arm: str | None = None) -> list[Result]:
    """All results, or an arm's, that did not fail."""
    return [result for result in archive.results(arm) if result.error is None]


def spread(front: Sequence[Result], most: int) -> list[Result]:
    """At most so many results of a front, both ends and evenly many between."""
    ordered = sorted(front, key=lambda result: result.figures["latency_ms"])
    places = np.unique(np.linspace(0, len(ordered) - 1, most).round().astype(int))
    return [ordered[i] for i in places]


def _asked(limits: Limits) -> dict[str, float | None]:
    """What names an arm; limits that came later than the first runs are named only where they are set."""
    return {name: value for name, value in asdict(limits).items() if name != "confidence" or value is not None}


def _costs(results: Sequence[Result], objectives: Sequence[Objective]) -> FloatArray:
    return np.array([[o.sign * r.figures[o.name] for o in objectives] for r in results])
