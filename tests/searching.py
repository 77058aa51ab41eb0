"""One search with each strategy, as a process of its own: what the tests kill, and what they compare with."""

import inspect
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import scipy.optimize  # what strategies import late is loaded here once, and not in every process
import scipy.stats  # noqa: F401

import hwnas
from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.finding import find, names
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Trial
from tests.small_strategies import SMALL

# Found when the module is loaded, so that a process forked from one that has loaded it need not look for them again.
LADDERS = [
    name for name in names("strategies") if "fidelities" in inspect.signature(find("strategies", name)).parameters
]  # type: ignore[arg-type]

SPACE = SearchSpace(
    [
        Choice("depth", (2, 3, 4)),
        Choice("kind", ("conv", "pool", "skip"), ordered=False),
        *(Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in (2, 3, 4) if d > i)}) for i in range(4)),
    ]
)
OBJECTIVES = [
    Objective("accuracy", "max"),
    Objective("latency_ms", limit=9.0, noisy=True),
    Objective("depth", exact=lambda a: float(a["depth"])),
]


def figures(architecture: Architecture, trial: Trial) -> dict[str, float]:
    """By formula; some fail, and what is noisy depends on the number of the repeat."""
    if architecture["kind"] == "pool" and architecture["depth"] == 2:
        raise RuntimeError("pooling is broken here")
    genome = SPACE.encode(architecture)
    size, cheap = float(genome.sum()), trial.fidelity != "full"
    return {"accuracy": size**0.5 - 0.2 * cheap, "latency_ms": 1.0 + size * (1 + 0.1 * genome[3]) + 0.05 * trial.seed}


def search(strategy: str, archive: Path, log: Path, seed: int = 0) -> None:
    """Search to the end, leaving a line for every evaluation in a log and the front in a file beside the archive."""

    def evaluate(architectures: list[Architecture], trials: list[Trial]) -> Iterator[dict[str, float]]:
        for architecture, trial in zip(architectures, trials, strict=True):
            with log.open("a") as file:
                file.write(f"{architecture.to_json()} {trial.fidelity} {trial.seed}\n")
            time.sleep(0.001)  # evaluations take time too, so kills fall into them as well
            yield figures(architecture, trial)

    fidelities = {"third": 1 / 3} if strategy in LADDERS else None
    front = hwnas.search(
        SPACE, evaluate, OBJECTIVES, evaluations=30, strategy=strategy, seed=seed, archive=archive, at_once=2,
        fidelities=fidelities, **SMALL.get(strategy, {}),
    )  # fmt: skip
    archive.with_suffix(".front").write_text(str(replace(front, from_before=0)))


def asked(archive: Path) -> list[tuple[str, list[Trial]]]:
    """Everything that was asked for, arm by arm, in order."""
    with Archive(archive) as store:
        return [(arm, [trial for batch in store.batches(arm) for trial in batch]) for arm in store.searches()]


def answered(archive: Path) -> list[tuple[Trial, dict[str, float]]]:
    """Every answer, in the order they came."""
    with Archive(archive) as store:
        return [(r.trial, dict(r.figures)) for r in store.results()]
