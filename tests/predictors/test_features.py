import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import feature_names, features

CHOICES = [Choice("depth", (1, 2)), Choice("kernel2", (3, 5), active_if={"depth": (2,)})]


def test_without_features_of_the_space_the_active_options_are_shown() -> None:
    space = SearchSpace(CHOICES)
    genomes = np.array([[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(features(space, genomes), [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    assert feature_names(space) == ("depth=1", "depth=2", "kernel2=3", "kernel2=5")


def test_features_of_the_space_follow_with_their_names() -> None:
    space = SearchSpace(CHOICES, features=lambda g: g[:, :1] * 10.0 + 5, feature_names=["macs"])
    shown = features(space, np.array([[0, 0], [1, 1]]))
    np.testing.assert_array_equal(shown, [[1, 0, 0, 0, 5], [0, 1, 0, 1, 15]])
    assert feature_names(space)[-1] == "macs"
    assert len(feature_names(space)) == shown.shape[1]
