"""qNEHVI's form by BoTorch: an extra, asked for kindly, and a search like the others where it is installed."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.searches import search
from hwnas.searches.indicators import hypervolume

SPACE = SearchSpace([Choice(f"c{i}", (0, 1, 2)) for i in range(8)])
OBJECTIVES = [Objective("good", "max"), Objective("cost", limit=20.0)]
installed = importlib.util.find_spec("botorch") is not None


def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
    genes = np.array([[float(a[f"c{i}"]) for i in range(8)] for a in architectures])
    return [{"good": float(np.sqrt(g.sum() + g[0])), "cost": float((g**2).sum())} for g in genes]


def test_without_it_the_error_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['botorch'] = None\n"
        "import hwnas\n"
        "space = hwnas.SearchSpace([hwnas.Choice('a', (1, 2))])\n"
        "try: hwnas.open_strategy('qnehvi', space, [hwnas.Objective('cost')], form='botorch')\n"
        "except hwnas.InputError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'hwnas[botorch]'" in said


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(InputError, match="one of botorch, own"):
        search.open_strategy("qnehvi", SPACE, OBJECTIVES, form="other")


@pytest.mark.skipif(not installed, reason="BoTorch, the extra hwnas[botorch], is not installed")
def test_with_it_a_search_keeps_limits_repeats_itself_and_beats_chance() -> None:
    def search(strategy: str, **settings: object) -> list[tuple[float, float]]:
        front = search.search(SPACE, evaluate, OBJECTIVES, evaluations=30, strategy=strategy, batch=5, **settings)
        assert len({r.trial.architecture for r in front.results}) == 30
        return [(r.figures["good"], r.figures["cost"]) for r in front]

    def volume(front: list[tuple[float, float]]) -> float:
        return hypervolume(np.array(front) * [-1, 1], np.array([-5.0, 0.0]), np.array([0.0, 20.0]))

    found = search("qnehvi", form="botorch", pool=60, draws=16)
    assert found == search("qnehvi", form="botorch", pool=60, draws=16)
    assert all(cost <= 20 for _, cost in found)
    assert volume(found) > volume(search("random"))
