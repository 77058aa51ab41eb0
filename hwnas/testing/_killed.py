"""One search with a strategy, as a process of its own: what the contract kills, and what it compares with."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

import scipy.optimize  # what strategies import late is loaded here once, and not in every process
import scipy.stats  # noqa: F401

from hwnas.archive import Archive
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.finding import settings_of, told
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import FIDELITIES
from hwnas.contracts.trial import Trial
from hwnas.searches.search import search
from hwnas.testing._searched import Subject, asked, whole_search

_SPACE = SearchSpace(
    [
        Choice("depth", (2, 3, 4)),
        Choice("kind", ("conv", "pool", "skip"), ordered=False),
        *(Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in (2, 3, 4) if d > i)}) for i in range(4)),
    ]
)
_OBJECTIVES = [
    Objective("accuracy", "max"),
    Objective("latency_ms", limit=9.0, noisy=True),
    Objective("depth", exact=lambda a: float(a["depth"])),
]
_HASH_SEED = "PYTHONHASHSEED"


@cache
def processes() -> ForkServerContext:
    """New processes for little: forked, each, from one that has loaded everything and searched nothing, and in which
    strings have other hashes than here, so sets another order.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    before = os.environ.get(_HASH_SEED)
    os.environ[_HASH_SEED] = "1" if before == "2" else "2"
    try:
        first = context.Process(target=len, args=((),))  # starts the server, which loads
        first.start()
        first.join()
    finally:
        if before is None:
            del os.environ[_HASH_SEED]
        else:
            os.environ[_HASH_SEED] = before
    assert first.exitcode == 0
    return context


def write_asked(name: str, settings: Mapping[str, object], path: Path) -> None:
    """The architectures that a whole search asks for, and what a word hashes to here; for another process."""
    archive = Archive()
    whole_search(name, settings, archive)
    path.write_text(json.dumps([hash("hwnas"), asked(archive)]))


def asked_elsewhere(subject: Subject, path: Path) -> list[str]:
    """What a whole search asks for in another process."""
    process = processes().Process(target=write_asked, args=(subject.name, dict(subject.settings), path))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    word, sequence = json.loads(path.read_text())
    assert word != hash("hwnas"), "words hash alike there, so this proves nothing"
    return list(sequence)


def _figures(architecture: Architecture, trial: Trial) -> dict[str, float]:
    """By formula; some fail, and what is noisy depends on the number of the repeat."""
    if architecture["kind"] == "pool" and architecture["depth"] == 2:
        raise RuntimeError("pooling is broken here")
    genome = _SPACE.encode(architecture)
    size, cheap = float(genome.sum()), trial.fidelity != "full"
    return {"accuracy": size**0.5 - 0.2 * cheap, "latency_ms": 1.0 + size * (1 + 0.1 * genome[3]) + 0.05 * trial.seed}


def logged_search(name: str, settings: Mapping[str, object], archive: Path) -> None:
    """To the end, leaving beside the archive a line for every evaluation in a log, and the front."""

    def evaluate(architectures: list[Architecture], trials: list[Trial]) -> Iterator[dict[str, float]]:
        for architecture, trial in zip(architectures, trials, strict=True):
            with archive.with_suffix(".log").open("a") as file:
                file.write(f"{architecture.to_json()} {trial.fidelity} {trial.seed}\n")
            time.sleep(0.001)  # evaluations take time too, so kills fall into them as well
            yield _figures(architecture, trial)

    climbs = FIDELITIES in settings_of(told("strategies", name))
    front = search(
        _SPACE, evaluate, _OBJECTIVES, evaluations=30, strategy=name, archive=archive, at_once=2,
        fidelities={"third": 1 / 3} if climbs else None, **settings,  # type: ignore[arg-type]
    )  # fmt: skip
    archive.with_suffix(".front").write_text(str(replace(front, from_before=0)))


def ended(subject: Subject, archive: Path) -> float:
    """Such a search to its end: the seconds it took."""
    began = time.monotonic()
    process = processes().Process(target=logged_search, args=(subject.name, dict(subject.settings), archive))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


def killed(subject: Subject, archive: Path, after_seconds: float) -> bool:
    """Such a search, killed after so long, unless it ends before."""
    process = processes().Process(target=logged_search, args=(subject.name, dict(subject.settings), archive))
    process.start()
    process.join(after_seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def left_by(path: Path) -> tuple[str, object, object]:
    """What a search left: its front, everything asked for, run by run in order, and every answer as they came."""
    with Archive(path) as store:
        batches = [(run, [trial for batch in store.batches(run) for trial in batch]) for run in store.searches()]
        answers = [(result.trial, dict(result.figures)) for result in store.results()]
    return path.with_suffix(".front").read_text(), batches, answers


def evaluations_of(path: Path) -> list[str]:
    """The lines of a search's log."""
    return path.with_suffix(".log").read_text().splitlines()
