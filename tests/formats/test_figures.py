import pytest

from hwnas.contracts.errors import InputError
from hwnas.formats._figures import latency_columns, milliseconds_per, option, options_seen


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


def test_an_unknown_unit_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match="got 'fortnights'; give --unit, one of ns, us, ms"):
        milliseconds_per("latency", "fortnights")


def test_options_are_numbers_where_they_can_be() -> None:
    assert [option(text) for text in ("3", "0.5", "conv")] == [3, 0.5, "conv"]
    assert options_seen([{"a": 10, "b": "y"}, {"a": 9, "b": "x"}]) == {"a": [9, 10], "b": ["x", "y"]}
