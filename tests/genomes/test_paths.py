"""Features of a cell's paths."""

import numpy as np
import pytest

import hwnas

OPTIONS = ("none", "skip", "conv")
EDGES = ("a", "b", "c", "d", "e")  # a-b, a-c-d, e-d
CHOICES = [hwnas.Choice(name, OPTIONS, ordered=False) for name in EDGES]
PATHS = (("a", "b"), ("a", "c", "d"), ("e", "d"))


def features(**edges: str) -> dict[str, list[float]]:
    genome = np.array([[OPTIONS.index(edges.get(name, "none")) for name in EDGES]])
    row = hwnas.path_features(CHOICES, PATHS)(genome)[0].tolist()
    single = ("dead", "paths", "passing", "sums", "most", "but", "all", "deep")
    parts = {"alive": 10, "counts": 2, **dict.fromkeys(single, 1)}
    assert len(row) == sum(parts.values())
    return {name: [row.pop(0) for _ in range(width)] for name, width in parts.items()}


def test_what_no_unbroken_path_leads_through_does_not_count() -> None:
    some = features(a="conv", b="skip", c="conv", e="conv")
    assert some == features(a="conv", b="skip")
    assert some["counts"] == [1, 1]
    assert some["paths"] == [1]


def test_a_cell_without_an_unbroken_path_is_dead() -> None:
    assert features(a="conv", d="conv")["dead"] == [1]
    assert sum(features(a="conv", d="conv")["alive"]) == 0


def test_operations_are_counted_along_paths() -> None:
    some = features(a="conv", b="conv", c="skip", d="conv", e="skip")
    assert some["paths"] == [3]
    assert some["sums"] == [5]
    assert some["most"] == some["deep"] == [2]
    assert features(a="skip", b="skip", e="skip", d="conv")["passing"] == [1]


def test_they_are_features_of_a_space() -> None:
    space = hwnas.SearchSpace(CHOICES, features=hwnas.path_features(CHOICES, PATHS))
    assert space.features is not None
    assert space.features(space.sample(9, np.random.default_rng(0))).shape == (9, 20)


def test_edges_with_other_options_and_unknown_names_are_refused() -> None:
    with pytest.raises(hwnas.InputError, match="same options"):
        hwnas.path_features([*CHOICES, hwnas.Choice("f", ("x", "y"))], PATHS)
    with pytest.raises(hwnas.InputError, match="need edges and paths"):
        hwnas.path_features(CHOICES, [])
    with pytest.raises(hwnas.InputError, match="'z'"):
        hwnas.path_features(CHOICES, [("a", "z")])
