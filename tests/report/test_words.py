"""Figures in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.objective import Objective
from hwnas.contracts.task import ACCURACY
from hwnas.report import _words
from hwnas.report._frame import padded, ticks
from hwnas.report.story import Guesses, HypervolumeCurve
from tests.report.stories import honesty


@pytest.mark.parametrize(
    ("value", "text"), [(0.01234, "0.0123"), (1.2, "1.20"), (1234.6, "1235"), (0.0, "0"), (-2.5, "-2.50")]
)
def test_digits_never_use_an_exponent(value: float, text: str) -> None:
    assert _words.digits(value) == text


@given(st.floats(1e-6, 1e9))
def test_digits_are_right_to_three_places(value: float) -> None:
    assert float(_words.digits(value)) == pytest.approx(value, rel=5.1e-3)


@pytest.mark.parametrize(("value", "text"), [(999, "999 B"), (1_930_000, "1.93 MB"), (8_200_000_000, "8.20 GB")])
def test_sizes_have_decimal_prefixes(value: int, text: str) -> None:
    assert _words.scaled(value, "B") == text


@pytest.mark.parametrize(
    ("value", "text"), [(12_345, "12,345"), (21_035_720_123_168_587_776, "2.1 \N{MULTIPLICATION SIGN} 10¹⁹")]
)
def test_large_counts_are_powers_of_ten(value: int, text: str) -> None:
    assert _words.count(value) == text


def test_an_architecture_is_a_table_of_its_stages() -> None:
    values = {"stage1.depth": 2, "stage1.block1.kernel": 3, "stage1.block2.kernel": 5, "stage2.depth": 3}
    assert _words.compact(values) == [["", "depth", "kernel"], ["stage1", "2", "3 5"], ["stage2", "3", ""]]


def test_choices_without_stages_are_a_list() -> None:
    assert _words.compact({"layers": 4, "heads": 8}) == [["", ""], ["layers", "4"], ["heads", "8"]]


def test_honesty_states_relative_errors_in_percent_and_absolute_ones_in_units() -> None:
    assert "mean error is 1.8 %" in _words.honesty(Guesses("latency", "ms", (), honesty("latency_ms", relative=True)))
    assert "mean error is 0.11 points" in _words.honesty(
        Guesses("accuracy", "%", (), honesty("accuracy", relative=False))
    )
    assert "No honesty card" in _words.honesty(Guesses("accuracy", "%", ()))


def test_the_race_is_told_whoever_wins() -> None:
    fast, slow = ((4, 0.5), (8, 0.8), (12, 0.9)), ((4, 0.4), (8, 0.6), (12, 0.7))
    won = _words.race((HypervolumeCurve("search", fast), HypervolumeCurve("random", slow)))
    lost = _words.race((HypervolumeCurve("search", slow), HypervolumeCurve("random", fast)))
    assert won.endswith("The search reached the final value of random search after 8.")
    assert lost.endswith("Here the search did not reach the result of random search.")
    assert _words.race((HypervolumeCurve("search", fast),)) == ""


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.integers(2, 12))
def test_ticks_lie_inside_a_range_that_holds_every_value(values: list[float], wanted: int) -> None:
    low, high = padded(values)
    assert low < min(values) <= max(values) < high
    found = [value for value, _ in ticks((low, high), wanted)]
    assert all(low - 1e-6 * (high - low) <= value <= high + 1e-6 * (high - low) for value in found)
    assert len(found) <= wanted + 1


def test_figures_keep_their_units_on_one_line() -> None:
    text = "drifted by 0.8 % in 2 ms, 3 msgs"
    assert _words.unbroken(text) == "drifted by 0.8\N{NO-BREAK SPACE}% in 2\N{NO-BREAK SPACE}ms, 3 msgs"


def test_a_score_is_said_in_its_own_unit() -> None:
    assert _words.score(ACCURACY, 0.93117) == "93.12 %"
    assert _words.score(Objective("error", "min", "mm"), 3.14159) == "3.142 mm"
    assert _words.score(Objective("f1", "max"), 0.5) == "0.5000"
