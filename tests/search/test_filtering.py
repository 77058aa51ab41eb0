"""A cheap score in front of a generator."""

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.search._engine import run
from hwnas.search._filtering import Filtered, Scored
from hwnas.search._generating import RandomPool

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(5)])


def size(architecture: Architecture) -> float:
    return float(sum(architecture.values()))  # type: ignore[arg-type]


def test_a_search_behind_a_filter_measures_what_the_score_likes_and_scores_each_once() -> None:
    calls: list[Architecture] = []

    def score(architecture: Architecture) -> float:
        calls.append(architecture)
        return size(architecture)

    def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"loss": abs(size(a) - 7.5)} for a in architectures]

    def mean_size(**settings: object) -> float:
        front = run(SPACE, evaluate, [Objective("loss")], evaluations=60, batch=10, initial=10, **settings)  # type: ignore[arg-type]
        return float(np.mean([size(r.trial.architecture) for r in front.results[10:]]))

    filtered = mean_size(generator=Filtered(RandomPool(), Scored(score), keep=0.2))
    assert filtered > mean_size(generator=RandomPool()) + 1
    assert len(calls) == len(set(calls)) > 0


def test_a_score_that_is_no_number_is_worst() -> None:
    scored = Scored(lambda a: float("nan") if a["c0"] == 3 else size(a))
    values = scored(SPACE, np.array([[3, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    assert values.tolist() == [-np.inf, 0.0]


@pytest.mark.parametrize("wrong", [{"keep": 0.0}, {"keep": 1.5}, {"most": 0}])
def test_a_filter_that_keeps_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        Filtered(RandomPool(), Scored(size), **wrong)  # type: ignore[arg-type]
