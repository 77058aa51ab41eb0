"""A search that leans on what another one found."""

from pathlib import Path

import numpy as np
import pytest

import hwnas
from hwnas.archive.records import KnowledgeRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.strategies.surrogate import SurrogateSearch
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.prior.transfer import Knowledge, knowing

SPACE = hwnas.SearchSpace([hwnas.Choice(f"c{i}", (0, 1, 2, 3), ordered=False) for i in range(12)])
EFFECTS = np.random.default_rng(0).random((12, 4))
OBJECTIVES = [hwnas.Objective("good", "max"), hwnas.Objective("there_ms")]


def good(genomes: IntArray) -> FloatArray:
    return np.asarray(np.sqrt(EFFECTS[np.arange(12), genomes].sum(axis=1)))


def here_ms(genomes: IntArray) -> FloatArray:
    return np.asarray((EFFECTS**2)[np.arange(12), genomes].sum(axis=1))


def there_ms(genomes: IntArray) -> FloatArray:
    return 3.0 * here_ms(genomes) + 0.2 * genomes[:, 0]


def knowledge(n: int) -> Knowledge:
    genomes = SPACE.sample(n, np.random.default_rng(1))
    return Knowledge(genomes, np.column_stack([good(genomes), here_ms(genomes)]))


def elsewhere(architectures: list[Architecture]) -> list[dict[str, float]]:
    genomes = np.stack([SPACE.encode(a) for a in architectures])
    return [{"good": g, "there_ms": c} for g, c in zip(good(genomes), there_ms(genomes), strict=True)]


def test_few_measurements_are_enough_where_much_is_known_elsewhere() -> None:
    some, others = SPACE.sample(10, np.random.default_rng(2)), SPACE.sample(300, np.random.default_rng(3))
    trials = [hwnas.Trial(SPACE.decode(g)) for g in some]
    figures = elsewhere([t.architecture for t in trials])
    told = history_of(SPACE, OBJECTIVES, [hwnas.Result(t, f) for t, f in zip(trials, figures, strict=True)])
    errors = []
    for n in (0, 200):
        strategy = SurrogateSearch(SPACE, OBJECTIVES, 0)
        if n:
            strategy.warm_start(knowledge(n).genomes, knowledge(n).figures)
        guess = strategy.scorer(told, np.random.default_rng(1)).__call__(others)
        errors.append(np.abs(guess.mean[:, 1] - there_ms(others)).mean())
    assert errors[1] < 0.5 * errors[0]


def test_nothing_known_changes_nothing() -> None:
    empty = Knowledge.of(hwnas.Archive(), SPACE)
    assert knowing(SPACE, empty) is SPACE


def test_features_of_its_own_stay() -> None:
    own = hwnas.SearchSpace(SPACE.choices, features=lambda g: g[:, :2].astype(float), feature_names=["a", "b"])
    more = knowing(own, knowledge(50))
    assert own.features is not None
    assert more.features is not None
    genomes = SPACE.sample(7, np.random.default_rng(4))
    assert more.features(genomes).shape == (7, 4)
    assert (more.features(genomes)[:, :2] == own.features(genomes)).all()
    assert np.corrcoef(more.features(genomes)[:, 3], here_ms(genomes))[0, 1] > 0.9


def test_what_was_known_at_the_beginning_is_kept_for_a_later_continuation(tmp_path: Path) -> None:
    source = tmp_path / "here.db"
    here = [hwnas.Objective("good", "max"), hwnas.Objective("here_ms")]

    def at_home(architectures: list[Architecture]) -> list[dict[str, float]]:
        genomes = np.stack([SPACE.encode(a) for a in architectures])
        return [{"good": g, "here_ms": c} for g, c in zip(good(genomes), here_ms(genomes), strict=True)]

    def first(n: int) -> None:
        hwnas.search(SPACE, at_home, here, evaluations=n, archive=source, seed=1)

    def second(archive: Path, n: int) -> list[str]:
        front = hwnas.search(SPACE, elsewhere, OBJECTIVES, evaluations=n, archive=archive, start=source, seed=2)
        return [r.trial.architecture.key for r in front.results]

    first(25)
    whole = second(tmp_path / "whole.db", 30)
    assert whole[:20] == second(tmp_path / "parts.db", 20)
    first(35)
    assert second(tmp_path / "parts.db", 30) == whole
    with hwnas.Archive(tmp_path / "parts.db") as archive:
        assert any(archive.record(KnowledgeRecord, name) is not None for name in archive.searches())


def test_other_strategies_start_from_the_front_alone(tmp_path: Path) -> None:
    with hwnas.Archive() as source:
        for g in SPACE.sample(20, np.random.default_rng(5)):
            source.add(hwnas.Result(hwnas.Trial(SPACE.decode(g)), {"good": float(good(g[None])[0])}))
        front = hwnas.search(SPACE, elsewhere, OBJECTIVES, evaluations=15, strategy="random", start=source)
        assert len(front.results) == 15
        with pytest.raises(hwnas.InputError, match="nowhere"):
            hwnas.search(SPACE, elsewhere, OBJECTIVES, start=tmp_path / "nowhere.db")


def test_one_archive_serves_two_devices_and_the_second_evaluates_less(tmp_path: Path) -> None:
    """Each evaluation gives the figures of both; what the first search has measured costs the second nothing."""
    asked: list[str] = []

    def both(architectures: list[Architecture]) -> list[dict[str, float]]:
        asked.extend(a.key for a in architectures)
        genomes = np.stack([SPACE.encode(a) for a in architectures])
        figures = zip(good(genomes), here_ms(genomes), there_ms(genomes), strict=True)
        return [{"good": g, "here_ms": h, "there_ms": t} for g, h, t in figures]

    path = tmp_path / "both.db"
    first = [hwnas.Objective("good", "max"), hwnas.Objective("here_ms")]
    hwnas.search(SPACE, both, first, evaluations=30, archive=path)
    before = len(asked)
    second = hwnas.search(SPACE, both, OBJECTIVES, evaluations=24, archive=path, start=path)
    assert len(second.results) == 24
    assert before == 30
    assert len(asked) == len(set(asked))
    assert len(asked) - before < 20  # the first one's front was answered already
    assert {o.name for o in second.objectives} == {"good", "there_ms"}
