import numpy as np
import pytest

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.predictors import _lookup as room
from hwnas.predictors import features
from hwnas.predictors._lookup import Lookup
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28

CHOICES = [
    Choice("depth", (1, 2)),
    Choice("kernel", (3, 5, 7), active_if={"depth": (2,)}),
    Choice("width", (8, 16, 24)),
]


def test_features_of_a_built_in_space_are_those_it_computes() -> None:
    space = mobilenetv3_grey28()
    table = Lookup.of(space, lambda genomes: features(space, genomes))
    assert table is not None
    genomes = np.random.default_rng(1).integers(0, space.sizes, size=(500, len(space.sizes)))
    for asked in (genomes, space.canonical(genomes)):
        np.testing.assert_allclose(table(asked), features(space, asked), rtol=1e-12)


def test_choices_that_act_together_form_a_group() -> None:
    space = SearchSpace(CHOICES)
    joined = Lookup.of(space, lambda g: (g[:, :1] * g[:, 2:]).astype(float))
    apart = Lookup.of(space, lambda g: (g[:, :1] * g[:, 1:2] + g[:, 2:]).astype(float))
    assert joined is not None
    assert apart is not None
    assert [group.genes.tolist() for group in joined.groups] == [[0, 1, 2]]
    assert [group.genes.tolist() for group in apart.groups] == [[0, 1], [2]]


def test_what_adds_up_nowhere_has_no_table() -> None:
    """Three genes matter only all together, and no pair of them shows it."""
    space = SearchSpace([Choice(f"gene{i}", (0, 1)) for i in range(20)])
    assert Lookup.of(space, lambda g: g.all(axis=1, keepdims=True) + g[:, :3].all(axis=1, keepdims=True) * 1.0) is None


def test_groups_that_are_too_large_have_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_ROWS", 5)
    assert Lookup.of(SearchSpace(CHOICES), lambda g: g.astype(float)) is None


def test_no_genomes_have_no_figures() -> None:
    space = SearchSpace(CHOICES)
    table = Lookup.of(space, space.one_hot)
    assert table is not None
    assert table(np.empty((0, 3), dtype=np.int64)).shape == (0, 8)
