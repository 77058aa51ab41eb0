import functools
from collections.abc import Callable
from typing import Any

from hwnas.archive.provenance import function_digest, rule_digest


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
