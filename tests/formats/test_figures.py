import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._figures import (
    figure,
    latency_columns,
    milliseconds_per,
    option,
    options,
    options_seen,
    positive,
    unit_in,
)


def test_latencies_are_told_from_their_spread_by_name() -> None:
    columns = ["lat_ms_pixel3", "latency", "Latency_mean(ms)", "latency_std", "latitude", "p95_latency", "kernel"]
    assert latency_columns(columns) == ["lat_ms_pixel3", "latency", "Latency_mean(ms)"]


@pytest.mark.parametrize(
    ("column", "unit", "scale"),
    [
        ("latency_ms", None, 1.0),
        ("lat_s_b", None, 1e3),
        ("time(us)", None, 1e-3),
        ("latency", "ns", 1e-6),
        ("x_ms", "s", 1e3),
    ],
)
def test_a_unit_is_named_or_given_and_what_is_given_counts(column: str, unit: str | None, scale: float) -> None:
    assert milliseconds_per(column, unit) == scale


@pytest.mark.parametrize(
    "column",
    ["latency_galaxy_s", "latency_samsung_s_7", "lat_iphone_6_s", "latency_s10", "latency_us_east_ms", "lat_ms_or_us"],
)
def test_a_unit_is_not_read_out_of_somebodys_name(column: str) -> None:
    assert unit_in(column) is None
    with pytest.raises(InputError, match=r"unit of .* is not known; give --unit"):
        milliseconds_per(column, None)


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("latency_galaxy_s_8_ms", "ms"),
        ("lat_ms_samsung_s7", "ms"),
        ("latency [s]", "s"),
        ("latency (\u00b5s)", "us"),
        ("latency_\u03bcs", "us"),
        ("Latency_mean(MS)", "ms"),
        ("time_s_galaxy", "s"),
    ],
)
def test_a_unit_is_read_where_it_can_be_nothing_else(column: str, unit: str) -> None:
    assert unit_in(column) == unit


@pytest.mark.parametrize(
    "value",
    [True, False, None, "", "true", "1_000", "0x10", "nan", "inf", "1,5", "1.5 ms", "9" * 400, 10**400, [1.0], "٣"],
)
def test_what_is_no_finite_number_is_no_figure(value: object) -> None:
    assert figure(value) is None
    with pytest.raises(InputError, match="needs a latency above 0"):
        positive(value, "Row 1")


@pytest.mark.parametrize(
    ("value", "number"), [("1.5", 1.5), ("+2", 2.0), (".5", 0.5), ("5.", 5.0), ("1e-3", 1e-3), (3, 3.0)]
)
def test_a_finite_number_is_a_figure(value: object, number: float) -> None:
    assert figure(value) == positive(value, "Row 1") == number


def test_labels_of_digits_are_words_and_stay_apart() -> None:
    assert options(["01", "1", "10"]) == ["01", "1", "10"]
    assert options(["-3", "0", "0.5", "1e400", "True"]) == [-3, 0, 0.5, "1e400", "True"]


def test_an_unknown_unit_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match="got 'fortnights'; give --unit, one of ns, us, ms"):
        milliseconds_per("latency", "fortnights")


def test_options_are_numbers_where_they_can_be() -> None:
    assert [option(text) for text in ("3", "0.5", "conv")] == [3, 0.5, "conv"]
    assert options_seen([{"a": 10, "b": "y"}, {"a": 9, "b": "x"}]) == {"a": [9, 10], "b": ["x", "y"]}
