"""The line that says how long a search still takes."""

import io

import pytest

import hwnas
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Result, Trial
from hwnas.searches.eta import Remaining, duration

RESULT = Result(Trial(Architecture({"a": 1})), {}, cost_seconds=20.0)


def told(seconds_each: float, done: int, total: int, budget: float | None = None) -> str:
    """The last line after so many trials of so many seconds."""
    now, out = 0.0, io.StringIO()
    remaining = Remaining(budget, out, lambda: now)
    for i in range(done):
        now += seconds_each
        remaining(i + 1, total, RESULT)
    return out.getvalue().split("\r")[-1]


def test_it_expects_the_rest_to_take_as_long_as_what_was_done() -> None:
    assert told(30.0, 10, 200) == "10 of 200 evaluated, about 1.6 h left"
    assert told(30.0, 10, 30) == "10 of 30 evaluated, about 10 min left"
    assert told(30.0, 30, 30).endswith("\n")


def test_a_budget_of_time_ends_it_earlier() -> None:
    assert told(30.0, 10, 200, budget=260.0) == "10 of 200 evaluated, about 60 s left"


def test_what_was_quick_long_ago_is_forgotten() -> None:
    now, out = 0.0, io.StringIO()
    remaining = Remaining(None, out, lambda: now)
    for i in range(300):
        now += 0.001 if i < 200 else 60.0
        remaining(i + 1, 400, RESULT)
    assert out.getvalue().endswith("about 1.7 h left")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3.2, "3 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"), (5399, "90 min"), (5400, "1.5 h"), (7200, "2.0 h")],
)
def test_durations_are_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_search_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    space = hwnas.SearchSpace([hwnas.Choice("a", tuple(range(9)))])
    hwnas.search(
        space, lambda some: [{"cost": float(a["a"])} for a in some], [hwnas.Objective("cost")], evaluations=5,
        strategy="random", progress="show",
    )  # fmt: skip
    assert "5 of 5 evaluated, about 0 s left\n" in capsys.readouterr().err
