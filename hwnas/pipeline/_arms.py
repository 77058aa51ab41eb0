"""The two arms of every search, and how far each has come."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from hwnas.archive import Archive
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result
from hwnas.pipeline._limits import Limits
from hwnas.search._quality import hypervolume

SEARCHING, COMPARING = "searching", "random search beside it"
ARMS = {"surrogate": SEARCHING, "random": COMPARING}


def arm_names(limits: Limits, seed: int, evaluations: int) -> dict[str, str]:
    """Per strategy the name of its arm; other limits, seeds or numbers of evaluations are other sequences."""
    rest = f"{seed}-{evaluations}-{digest_text(json.dumps(_asked(limits)))}"
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


def digest_text(text: str) -> str:
    """Twelve hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _asked(limits: Limits) -> dict[str, float | None]:
    """What names an arm; limits that came later than the first runs are named only where they are set."""
    return {name: value for name, value in asdict(limits).items() if name != "confidence" or value is not None}


def _costs(results: Sequence[Result], objectives: Sequence[Objective]) -> FloatArray:
    return np.array([[o.sign * r.figures[o.name] for o in objectives] for r in results])
