"""LINAS's population database: which genomes are dense, which options frequent."""

import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.searches import search
from hwnas.strategies.linas import dense, frequent, linas

SPACE = SearchSpace([Choice("depth", (1, 2)), Choice("size", (3, 5, 7), active_if={"depth": (2,)})])
COST = [Objective("cost"), Objective("gain", "max")]


def test_outliers_are_not_dense() -> None:
    crowd = np.zeros((40, 6), dtype=np.int64)
    crowd[np.arange(40), np.arange(40) % 6] = 1
    outliers = np.full((5, 6), 2) + np.arange(5)[:, None]
    found = dense(np.concatenate([outliers, crowd]))
    assert len(found) == 36
    assert (found <= 1).all()


def test_options_are_rare_by_their_share_among_the_active() -> None:
    genomes = np.array([[1, 0]] * 98 + [[1, 1]] * 2 + [[0, 0]] * 100)
    assert frequent(SPACE, genomes, 0.01).tolist() == [[True, True, False], [True, True, False]]
    assert frequent(SPACE, genomes, 0.05).tolist() == [[True, True, False], [True, False, False]]


def test_with_a_database_it_searches_too() -> None:
    space = SearchSpace([Choice(f"c{i}", (0, 1, 2)) for i in range(8)])
    front = search.search(
        space,
        lambda some: [{"cost": float(sum(a.values())), "gain": float(a["c0"]) - float(a["c1"])} for a in some],  # type: ignore[arg-type]
        COST,
        evaluations=80,
        strategy="linas",
        batch=20,
        initial=20,
        inner=500,
        database=500,
    )
    assert front[0].figures["cost"] == 0


@pytest.mark.parametrize("wrong", [{"predictor": "svr"}, {"inner": 3}, {"database": -1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="LINAS"):
        linas(SPACE, COST, 0, **wrong)  # type: ignore[arg-type]
