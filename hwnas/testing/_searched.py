"""What strategies search in their contract: spaces without networks, figures by formula."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.evaluate import Evaluate
from hwnas.searches.front import SearchFront
from hwnas.searches.search import search
from hwnas.testing._subject import Found


def _space(*depths: int) -> SearchSpace:
    """Conditions, a choice without an order, one without an alternative."""
    return SearchSpace(
        [
            Choice("depth", depths),
            Choice("kind", ("conv", "pool", "skip"), ordered=False),
            *(
                Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in depths if d > i)})
                for i in range(max(depths))
            ),
            Choice("fixed", (1,)),
        ]
    )


SPACE = _space(2, 3, 4)
SMALL_SPACE = _space(2, 3)
"""108 architectures: to be searched through."""
OBJECTIVES = (Objective("accuracy", "max"), Objective("latency_ms", "min", "ms"))


def figures(architecture: Architecture) -> dict[str, float]:
    """Of an architecture of either space."""
    genome = SPACE.encode(architecture)
    size = float(genome.sum()) + (2.0 if architecture["kind"] == "conv" else 0.0)
    return {"accuracy": math.sqrt(size + 0.3 * genome[2]), "latency_ms": 1.0 + size * (1 + 0.2 * genome[3])}


def evaluate(architectures: Iterable[Architecture]) -> list[dict[str, float]]:
    """The figures of each."""
    return [figures(a) for a in architectures]


def asked(archive: Archive) -> list[str]:
    """Everything that a search asked for, in order."""
    (run,) = (name for name, record in archive.searches().items() if record.role == "search")
    return [trial.architecture.to_json() for batch in archive.batches(run) for trial in batch]


def results_of(trials: Iterable[Trial]) -> list[Result]:
    """The trials, answered."""
    return [Result(trial, figures(trial.architecture)) for trial in trials]


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A strategy."""

    def strategy(self, space: SearchSpace = SPACE, seed: int = 0) -> Strategy:
        """A new one."""
        strategy = self.make(space, OBJECTIVES, seed)
        assert isinstance(strategy, Strategy), f"{self} should give a Strategy, got {type(strategy).__name__}"
        return strategy

    def search(self, *arguments: Any, **settings: Any) -> SearchFront:
        """A search with it: `hwnas.search`."""
        return search(*arguments, strategy=self.name, **{**self.settings, **settings})

    def whole(self, at_once: int = 1) -> tuple[Archive, SearchFront]:
        """A search to its end, for tests that compare with it."""
        return _whole(self, at_once)


LENGTH = 60
"""Evaluations of a whole search."""


@cache
def _whole(subject: Subject, at_once: int) -> tuple[Archive, SearchFront]:
    archive = Archive()
    return archive, whole_search(subject.name, subject.settings, archive, at_once)


def whole_search(
    name: str, settings: Mapping[str, object], archive: Archive, at_once: int = 1, answer: Evaluate = evaluate
) -> SearchFront:
    """The search that tests compare with; in whatever process."""
    return search(
        SPACE, answer, OBJECTIVES, evaluations=LENGTH, strategy=name, seed=3, archive=archive, batch=15,
        at_once=at_once, **settings,  # type: ignore[arg-type]
    )  # fmt: skip
