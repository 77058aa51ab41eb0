"""Shares of providers, by hand."""

from hwnas.devices._shares import relative


def test_shares_are_of_all_nodes_and_of_the_time_the_most_time_first() -> None:
    found = relative({"CPU": {"nodes": 1, "time_ms": 1.0}, "GPU": {"nodes": 2, "time_ms": 7.0}})
    assert list(found.items()) == [("GPU", {"nodes": 0.6667, "time": 0.875}), ("CPU", {"nodes": 0.3333, "time": 0.125})]


def test_equal_times_are_in_the_order_of_names_and_nothing_has_no_share() -> None:
    nothing = {"nodes": 0, "time_ms": 0.0}
    assert list(relative({"b": dict(nothing), "a": dict(nothing)})) == ["a", "b"]  # type: ignore[dict-item]
    assert relative({"a": dict(nothing)}) == {"a": {"nodes": 0.0, "time": 0.0}}  # type: ignore[dict-item]
    assert relative({}) == {}
