"""Whatever an evaluate function does, each trial gets exactly one result."""

from collections.abc import Iterator

import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.objective import Objective
from hwnas.contracts.trial import Trial
from hwnas.searches.evaluate import evaluated

TRIALS = [Trial(Architecture({"x": i})) for i in range(5)]


def outcome(evaluate: object) -> list[object]:
    results = list(evaluated(evaluate, TRIALS, [Objective("y")], {}))  # type: ignore[arg-type]
    assert [r.trial for r in results] == TRIALS
    return [r.error or r.figures["y"] for r in results]


def test_a_list_of_answers_becomes_results_in_order() -> None:
    assert outcome(lambda a: [{"y": x["x"]} for x in a]) == [0, 1, 2, 3, 4]


def test_when_a_call_fails_as_a_whole_only_the_one_at_fault_is_a_failure() -> None:
    def evaluate(architectures: list[Architecture]) -> list[dict[str, float]]:
        return [{"y": 6 / (a["x"] - 2)} for a in architectures]  # type: ignore[operator]

    assert outcome(evaluate) == [-3, -6, "ZeroDivisionError: division by zero", 6, 3]


def test_a_generator_that_raises_is_asked_anew_for_the_rest() -> None:
    def evaluate(architectures: list[Architecture]) -> Iterator[dict[str, float]]:
        for a in architectures:
            if a["x"] == 1:
                raise RuntimeError
            yield {"y": float(a["x"])}  # type: ignore[arg-type]

    assert outcome(evaluate) == [0, "RuntimeError", 2, 3, 4]


def test_answers_are_handed_on_before_the_next_is_begun() -> None:
    begun = []

    def evaluate(architectures: list[Architecture]) -> Iterator[dict[str, float]]:
        for a in architectures:
            begun.append(a)
            yield {"y": 0.0}

    next(evaluated(evaluate, TRIALS, [Objective("y")], {}))
    assert len(begun) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"y": float("inf")}, "y is inf"),
        ({"y": 1.0, "z": float("nan")}, "z is nan"),
        ({"z": 1.0}, "evaluate gave no y"),
        ({"y": "fast"}, "could not convert"),
        (3.0, "float instead of a dict"),
        (None, "NoneType instead of a dict"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_in_words(answer: object, said: str) -> None:
    assert all(said in str(error) for error in outcome(lambda a: [answer for _ in a]))


def test_answers_that_are_missing_at_the_end_are_failures() -> None:
    assert outcome(lambda a: [{"y": 1.0}] * (len(a) - 1)) == [1, 1, 1, 1, "evaluate gave no answer for it"]


def test_more_answers_than_were_asked_for_are_failures_for_nobody_knows_whose_they_are() -> None:
    whole_table = [{"y": float(i)} for i in range(9)]
    assert outcome(lambda _: whole_table) == ["ValueError: evaluate gave 9 answers where 1 were asked for"] * 5


def test_where_several_answers_are_missing_the_later_trials_fail_in_their_order() -> None:
    missing = "evaluate gave no answer for it"
    assert outcome(lambda a: [{"y": float(x["x"])} for x in a[:2]]) == [0.0, 1.0, missing, missing, missing]
