"""What an objective is taken for: its direction in the words of other libraries, limits that are numbers."""

import math

import numpy as np
import pytest

from hwnas.archive import front_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Result, Trial


@pytest.mark.parametrize("word", ["min", "minimize", "Min", "MINIMIZE"])
def test_every_word_for_less_is_better_minimises(word: str) -> None:
    objective = Objective("latency_ms", word, limit=2.0)
    assert (objective.direction, objective.sign) == ("min", 1.0)
    assert objective.violation(24.0) == pytest.approx(11.0)
    assert objective.violation(1.0) == 0.0


@pytest.mark.parametrize("word", ["max", "maximize", "Max", "Maximize"])
def test_every_word_for_more_is_better_maximises(word: str) -> None:
    objective = Objective("accuracy", word, limit=0.5)
    assert (objective.direction, objective.sign) == ("max", -1.0)
    assert objective.violation(0.4) == pytest.approx(0.2)


@pytest.mark.parametrize("word", ["minimise it", "", "lower", "maximum", None, 1, True])
def test_every_other_word_is_refused_with_those_there_are(word: object) -> None:
    with pytest.raises(InputError, match=r"direction of objective 'a' is one of .*minimize"):
        Objective("a", word)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [math.nan, math.inf, "2ms", True, 1j, [1.0]])
@pytest.mark.parametrize("name", ["limit", "preference"])
def test_a_limit_that_is_no_finite_number_is_refused(name: str, limit: object) -> None:
    with pytest.raises(InputError, match=f"The {name} of objective 'a' is a finite number"):
        Objective("a", "min", **{name: limit})  # type: ignore[arg-type]


def test_limits_may_be_numbers_of_numpy() -> None:
    limit = Objective("a", "min", limit=np.float32(2.5), preference=np.int64(2))  # type: ignore[arg-type]
    assert (limit.limit, limit.preference) == (2.5, 2.0)
    assert {type(limit.limit), type(limit.preference)} == {float}


def test_an_objective_needs_a_name() -> None:
    with pytest.raises(InputError, match="needs the name"):
        Objective("")


def test_a_front_of_minimized_figures_holds_the_least() -> None:
    results = [Result(Trial(Architecture({"n": n})), {"ms": float(n)}) for n in (1, 2, 3)]
    assert [r.figures["ms"] for r in front_of(results, [Objective("ms", "minimize")])] == [1.0]
