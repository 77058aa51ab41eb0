import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import feature_names, features

CHOICES = [Choice("depth", (1, 2)), Choice("kernel2", (3, 5), active_if={"depth": (2,)})]


def test_without_features_of_the_space_the_active_options_are_shown() -> None:
    space = SearchSpace(CHOICES)
    genomes = np.array([[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(features(space, genomes), [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    assert feature_names(space) == ("depth=1", "depth=2", "kernel2=3", "kernel2=5")


@given(st.integers(0, 30), st.integers(0, 1000))
def test_the_shown_options_are_the_one_hot_of_the_space(n: int, seed: int) -> None:
    space = SearchSpace([*CHOICES, Choice("width", (8, 16, 24))], features=lambda g: g * 0.5, feature_names="abc")
    rng = np.random.default_rng(seed)
    genomes = rng.integers(0, space.sizes, size=(n, 3))  # not canonical: inactive genes are not shown
    shown = features(space, genomes)
    np.testing.assert_array_equal(shown[:, :7], space.one_hot(genomes))
    np.testing.assert_array_equal(shown[:, 7:], genomes * 0.5)


def test_features_of_the_space_follow_with_their_names() -> None:
    space = SearchSpace(CHOICES, features=lambda g: g[:, :1] * 10.0 + 5, feature_names=["macs"])
    shown = features(space, np.array([[0, 0], [1, 1]]))
    np.testing.assert_array_equal(shown, [[1, 0, 0, 0, 5], [0, 1, 0, 1, 15]])
    assert feature_names(space)[-1] == "macs"
    assert len(feature_names(space)) == shown.shape[1]
