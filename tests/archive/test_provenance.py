import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.archive.provenance import function_digest, plain_values, rule_digest


def made(factor: float, sink: list[int]) -> Callable[[int], float]:
    def evaluate(n: int) -> float:
        sink.append(n)
        return factor * n

    return evaluate


def with_default(n: int, factor: float = 2.0) -> float:
    return factor * n


class Bench:
    def evaluate(self, n: int) -> int:
        return n

    def __call__(self, n: int) -> int:
        return 2 * n


def typed_in(source: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": "typed_in"}
    exec(source, names)  # noqa: S102  as a notebook does
    return names["f"]  # type: ignore[no-any-return]


def compiled(source: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  as typed in somewhere
    return names["f"]  # type: ignore[no-any-return]


def test_a_function_is_its_source_and_what_it_closes_over() -> None:
    assert function_digest(made(2.0, [])) == function_digest(made(2.0, [1, 2])) is not None
    assert function_digest(made(2.0, [])) != function_digest(made(3.0, []))
    assert function_digest(made(2.0, [])) != function_digest(with_default)


def test_what_it_counts_up_is_no_part_of_it() -> None:
    calls = 0

    def evaluate(n: int) -> int:
        nonlocal calls
        calls += 1
        return n

    before = function_digest(evaluate)
    evaluate(1)
    assert function_digest(evaluate) == before


def test_bound_values_methods_and_callable_objects_count() -> None:
    assert function_digest(functools.partial(with_default, factor=3.0)) != function_digest(with_default)
    assert function_digest(functools.partial(with_default, factor=3.0)) != function_digest(
        functools.partial(with_default, factor=4.0)
    )
    assert function_digest(Bench().evaluate) == function_digest(Bench().evaluate) != function_digest(Bench())


def test_without_a_source_there_is_none() -> None:
    assert function_digest(compiled("def f(n): return n")) is None
    assert function_digest(len) is None
    assert function_digest(functools.partial(max, 1)) is None


def test_rules_without_a_source_are_told_apart_by_what_they_were_compiled_to() -> None:
    texts = [
        "def f(x): return x + 1",
        "def f(x): return x + 2",
        "def f(x): return x - 1",
        "def f(x, by=1): return x + by",
        "def f(x, by=2): return x + by",
        "def f(x): return [y + 1 for y in x]",
        "def f(x): return [y + 2 for y in x]",
    ]
    found = [rule_digest(compiled(text)) for text in texts]
    assert len(set(found)) == len(texts)
    assert [rule_digest(compiled(text)) for text in texts] == found
    assert rule_digest(functools.partial(compiled(texts[3]), by=3)) not in found
    assert rule_digest(len) != rule_digest(max)


RULE = """
from functools import partial
import numpy as np

LIMIT, UNUSED, WEIGHTS = 0.5, 1, np.array([1.0, 2.0])
CALLS = 0

def squared(x):
    return x * x

class Metric:
    def __init__(self, power):
        self.power = power

    def __call__(self, x):
        return x**self.power

METRIC = Metric(2)
doubled = partial(max, 2)

def f(x):
    global CALLS
    CALLS += 1
    return METRIC(squared(x)) * WEIGHTS[0] if x < LIMIT else doubled(x)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [("x * x", "x + x"), ("= 0.5", "= 0.6"), ("1.0, 2.0", "1.0, 3.0"), ("x**self", "x * self"), ("c(2)", "c(3)"),
     ("partial(max, 2)", "partial(max, 3)"), ("partial(max", "partial(min")],
)  # fmt: skip
def test_a_rule_is_another_once_anything_of_ones_own_that_it_names_is(before: str, after: str) -> None:
    assert rule_digest(typed_in(RULE)) == rule_digest(typed_in(RULE))
    assert rule_digest(typed_in(RULE.replace(before, after))) != rule_digest(typed_in(RULE))


def test_a_rule_is_another_with_other_values_of_its_object() -> None:
    def made_of(weight: float, smoothing: float = 0.0) -> nn.Module:
        return nn.CrossEntropyLoss(torch.tensor([weight, 1.0]), label_smoothing=smoothing)

    assert rule_digest(made_of(1.0)) == rule_digest(made_of(1.0)) != rule_digest(made_of(2.0))
    assert rule_digest(made_of(1.0)) != rule_digest(made_of(1.0, 0.1))
    by_hand, other = Bench(), Bench()
    other.by = 2  # type: ignore[attr-defined]
    assert rule_digest(by_hand.evaluate) == rule_digest(Bench().evaluate) != rule_digest(other.evaluate)


def test_a_rule_stays_whatever_it_counts_and_what_it_does_not_name() -> None:
    rule = typed_in(RULE)
    before = rule_digest(rule)
    rule(1)
    other = typed_in(RULE.replace("UNUSED, WEIGHTS = 0.5, 1", "OTHER, WEIGHTS = 0.5, 2"))
    assert rule_digest(rule) == before == rule_digest(other)


def test_values_of_a_task_are_those_of_its_classes_and_arrays_too() -> None:
    class Base:
        costs = (1, [2])

    class Own(Base):
        def __init__(self, weight: float) -> None:
            self.weights = np.array([weight])

    assert plain_values(Own(1.0)) == plain_values(Own(1.0)) != plain_values(Own(2.0))
    before = plain_values(Own(1.0))
    Base.costs = (1, [3])
    assert plain_values(Own(1.0)) != before
