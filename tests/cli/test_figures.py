"""Figures as commands show them."""

from hwnas.cli._figures import kilobytes, milliseconds, percent


def test_figures_are_short_and_carry_their_unit() -> None:
    assert percent(0.92345) == "92.3%"
    assert [milliseconds(x) for x in (0.012345, 1.5, 1234.5)] == ["0.0123 ms", "1.5 ms", "1.23e+03 ms"]
    assert kilobytes(1_234_567) == "1,235 kB"
