"""Local search climbs by neighbours; aging evolution mutates the best of the young."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.strategy import Strategy
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.search import search
from hwnas.strategies.aging_evolution import AgingEvolution
from hwnas.strategies.local_search import LocalSearch

SPACE = SearchSpace([Choice(f"size{i}", (0, 1, 2, 3)) for i in range(6)])
COST = [Objective("cost")]


def tell(strategy: Strategy, genomes: list[list[int]]) -> None:
    strategy.tell([Result(Trial(SPACE.decode(np.array(genome))), {"cost": float(sum(genome))}) for genome in genomes])


def asked(strategy: Strategy, n: int) -> np.ndarray:
    return np.stack([SPACE.encode(t.architecture) for t in strategy.ask(n)])


def test_local_search_asks_for_neighbours_of_the_best_and_then_of_the_next_best() -> None:
    strategy = LocalSearch(SPACE, COST, 0, initial=1)
    tell(strategy, [[0, 0, 0, 0, 0, 1], [3, 3, 3, 3, 3, 3]])
    assert ((asked(strategy, 18) != [0, 0, 0, 0, 0, 1]).sum(axis=1) == 1).all()
    assert ((asked(strategy, 18) != [3, 3, 3, 3, 3, 3]).sum(axis=1) == 1).all()


@pytest.mark.parametrize(("dies", "alive"), [("oldest", [[3] * 6, [2] * 6]), ("worst", [[0] * 6, [1] * 6])])
def test_in_aging_evolution_the_oldest_dies_however_good_it_is(dies: str, alive: list[list[int]]) -> None:
    strategy = AgingEvolution(SPACE, COST, 0, population=2, sample=9, dies=dies)  # type: ignore[arg-type]
    tell(strategy, [[0] * 6, [1] * 6, [3] * 6, [2] * 6])
    parent = min(alive, key=sum)
    assert ((asked(strategy, 10) != parent).sum(axis=1) == 1).all()


@pytest.mark.parametrize("strategy", ["aging_evolution", "local_search"])
def test_they_find_the_smallest_of_4096(strategy: str) -> None:
    answer = lambda architectures: [{"cost": float(sum(a.values()))} for a in architectures]  # type: ignore[arg-type]  # noqa: E731
    front = search(SPACE, answer, COST, evaluations=250, strategy=strategy, batch=5)
    assert front[0].figures["cost"] == 0


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"population": 0}, {"sample": 0}, {"dies": "youngest"}):
        with pytest.raises(InputError, match=r"[aA]ging evolution"):
            AgingEvolution(SPACE, COST, 0, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least 1"):
        LocalSearch(SPACE, COST, 0, initial=0)
