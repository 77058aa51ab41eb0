"""The part of the plane that a chart shows, and the ticks of its axes, by hand."""

import pytest

from hwnas.report._frame import Frame, front_frame, padded, ticks
from hwnas.report.story import Evaluated
from tests.report.stories import story


def test_there_is_room_around_the_values_even_around_one_or_none() -> None:
    assert padded([1.0, 3.0]) == pytest.approx((0.88, 3.12))  # 6 % of 2 on either side
    assert padded([5.0]) == pytest.approx((4.5, 5.5))
    assert padded([0.0]) == (-1.0, 1.0)
    assert padded([]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("span", "wanted", "labels"),
    [
        ((0.0, 10.0), 5, ["0", "2", "4", "6", "8", "10"]),
        ((0.95, 2.05), 5, ["1.0", "1.5", "2.0"]),
        ((0.0012, 0.0049), 4, ["0.002", "0.003", "0.004"]),
        ((-3.0, 7.0), 2, ["0", "5"]),
        ((1000.0, 9000.0), 4, ["2000", "4000", "6000", "8000"]),
    ],
)
def test_ticks_are_round_numbers_inside(span: tuple[float, float], wanted: int, labels: list[str]) -> None:
    found = ticks(span, wanted)
    assert [label for _, label in found] == labels
    assert [value for value, _ in found] == pytest.approx([float(label) for label in labels])


def test_a_frame_holds_its_edges_and_nothing_beyond() -> None:
    frame = Frame((1.0, 2.0), (0.5, 0.9), 0)
    for latency, score, inside in ((1.0, 0.9, True), (2.0, 0.5, True), (2.01, 0.7, False), (1.5, 0.49, False)):
        assert frame.holds(Evaluated(latency, score, "search")) is inside


def test_the_whole_front_is_inside_and_outliers_are_counted() -> None:
    told = story()
    frame = front_frame(told)
    for point in told.front:
        assert frame.latency_ms[0] < point.latency_low_ms <= point.latency_high_ms < frame.latency_ms[1]
        assert frame.score[0] < point.score_low <= point.score_high < frame.score[1]
    assert frame.outside == sum(not frame.holds(e) for e in told.evaluated) < 0.1 * len(told.evaluated)
