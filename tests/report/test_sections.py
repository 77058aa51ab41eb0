"""The few numbers at the top of a page."""

from hwnas.report._sections import figures
from tests.report.stories import story


def test_the_evaluations_told_are_those_of_the_search_and_not_of_random_search_too() -> None:
    told = story()
    assert {curve.run for curve in told.progress} == {"search", "random"}
    assert figures(told).count("real evaluations by the search") == 1
