"""Figures as people type them."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.cli._units import parse_figure, parse_latency_ms, parse_objectives, parse_score, parse_settings
from hwnas.contracts import figures
from hwnas.contracts.errors import InputError
from hwnas.contracts.figures import MEMORY

FIGURES = st.floats(1e-3, 1e6)
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
BYTES = {"B": 1, "kB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 1024, "MiB": 1024**2}


@given(FIGURES, st.sampled_from(sorted(MILLISECONDS)), st.sampled_from(["", " "]))
def test_a_latency_is_its_figure_times_its_unit(figure: float, unit: str, gap: str) -> None:
    assert parse_latency_ms(f"{figure!r}{gap}{unit}") == pytest.approx(figure * MILLISECONDS[unit])


@given(FIGURES, st.sampled_from(sorted(BYTES)))
def test_a_size_is_its_figure_times_its_unit(figure: float, unit: str) -> None:
    assert parse_figure(f" {figure!r}{unit} ", MEMORY) == pytest.approx(figure * BYTES[unit])


@given(st.floats(0.001, 1))
def test_percent_and_fraction_mean_the_same(share: float) -> None:
    assert parse_score(f"{share * 100!r}%") == pytest.approx(parse_score(f"{share!r}"))


@given(st.text(max_size=12))
def test_any_text_is_a_positive_figure_or_one_sentence(text: str) -> None:
    units = {f.unit.name: f.unit for f in figures.FIGURES}.values()
    for parse in (parse_score, *(partial(parse_figure, unit=unit) for unit in units)):
        try:
            assert 0 < parse(text) < float("inf")
        except InputError as error:
            assert repr(text) in str(error)


@given(FIGURES)
def test_a_bare_figure_is_no_budget(figure: float) -> None:
    with pytest.raises(InputError, match="with its unit"):
        parse_latency_ms(repr(figure))


def test_objectives_are_called_by_their_short_names() -> None:
    assert parse_objectives(["memory", "p95", "memory"]) == ("peak_memory_bytes", "p95_ms")
    with pytest.raises(InputError, match="size, p95, p99, memory, load, energy, got 'p50'"):
        parse_objectives(["p50"])


def test_settings_are_json_where_they_read_as_it_and_else_words() -> None:
    given = ["a=1", "b = 0.5", "c=true", "d=null", 'e=["x", 2]', "f=largest first", 'g="1"', "h=x=y"]
    assert parse_settings(given, "a=1") == {
        "a": 1, "b": 0.5, "c": True, "d": None, "e": ["x", 2], "f": "largest first", "g": "1", "h": "x=y",
    }  # fmt: skip


@pytest.mark.parametrize("given", [["a"], ["=1"], ["a="], ["a=1", "a=2"]])
def test_settings_without_a_name_or_a_value_or_given_twice_are_refused(given: list[str]) -> None:
    with pytest.raises(InputError, match=f"such as initial=20, got '{given[-1]}'"):
        parse_settings(given, "initial=20")
