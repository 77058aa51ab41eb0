"""What resembles a mistyped name most comes first."""

from hwnas.contracts.nearest import nearest_first


def test_the_nearest_comes_first_whatever_the_case_and_ties_are_alphabetical() -> None:
    assert nearest_first("NSGA", ["random", "nsga2", "unsga3"]) == ["nsga2", "unsga3", "random"]
    assert nearest_first("zzz", ["b", "a", "c"]) == ["a", "b", "c"]
    assert nearest_first("", []) == []
