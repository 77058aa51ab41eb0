"""Mutants of the best: how many genes change, and whose."""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.base.seams import History
from hwnas.surrogates.generators.mutants import BestMutants, Mixed, near_and_far

SPACE = SearchSpace([Choice(f"c{i}", tuple(range(9))) for i in range(12)])
OBJECTIVES = [Objective("a"), Objective("b")]
BEST = np.zeros(12, dtype=np.int64)


def history(front: int = 1, others: int = 20) -> History:
    """A front on a line, its first member all zeros; behind it what no best few would have."""
    results = []
    for i in range(front + others):
        figures = {"a": i / front, "b": 1 - i / front} if i < front else {"a": 5.0 + i, "b": 5.0 + i}
        genome = np.array([0 if i == 0 else 1 + i % 8] * 11 + [i // 8])
        results.append(Result(Trial(SPACE.decode(genome)), figures))
    return history_of(SPACE, OBJECTIVES, results)


def test_one_gene_changes_of_a_third_a_second_and_of_a_ninth_a_third() -> None:
    found = BestMutants(900, best=1)(history(), None, np.random.default_rng(0))  # type: ignore[arg-type]
    changed = np.count_nonzero(found != BEST, axis=1)
    assert found.shape == (900, 12)
    assert set(changed[np.arange(900) % 3 != 0].tolist()) == {1}
    thirds, ninths = changed[np.arange(900) % 9 == 3], changed[::9]
    assert 1.8 < thirds.mean() <= 2.0  # now and then the same gene again
    assert 2.5 < ninths.mean() <= 3.0


def test_parents_are_the_best_few_or_the_whole_front() -> None:
    few = BestMutants(300, best=2)(history(), None, np.random.default_rng(0))  # type: ignore[arg-type]
    assert {int(np.bincount(row).argmax()) for row in few} == {0, 2}  # all zeros, and the next: 1 + 1
    front = BestMutants(300, best=2)(history(front=6), None, np.random.default_rng(0))  # type: ignore[arg-type]
    assert {int(np.bincount(row).argmax()) for row in front} == {0, 2, 3, 4, 5, 6}


def test_one_candidate_in_three_is_random() -> None:
    assert [type(part).__name__ for part in near_and_far(90).generators] == ["BestMutants", "RandomPool"]
    found = near_and_far(90)(history(), None, np.random.default_rng(0))  # type: ignore[arg-type]
    assert len(found) == 90
    assert isinstance(near_and_far(90), Mixed)
    random = np.count_nonzero(found[60:] != BEST, axis=1)
    assert random.mean() > 9
