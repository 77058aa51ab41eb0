from hwnas.cli._figures import interval, kilobytes, milliseconds, percent


def test_figures_are_short_and_carry_their_unit() -> None:
    assert percent(0.92345) == "92.3%"
    assert interval(0.5, (0.25, 0.75)) == "50.0% (25.0-75.0)"
    assert [milliseconds(x) for x in (0.012345, 1.5, 1234.5)] == ["0.0123 ms", "1.5 ms", "1.23e+03 ms"]
    assert kilobytes(1_234_567) == "1,235 kB"
