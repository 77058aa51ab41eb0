import pytest

from hwnas.training._schedules import SCHEDULES


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_a_schedule_falls_from_the_peak_to_almost_nothing(name: str) -> None:
    shares = [SCHEDULES[name](step, 100) for step in range(100)]
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    assert 0 < shares[-1] < 0.02


def test_a_line_is_half_way_at_the_half_and_a_constant_stays() -> None:
    assert SCHEDULES["linear"](25, 100) == 0.75
    assert {SCHEDULES["constant"](step, 7) for step in range(7)} == {1.0}
