import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.prior.effects import part_maps
from hwnas.surrogates.prior.inputs import MOST_GROUPS, groups, inputs, with_features
from hwnas.surrogates.prior.pooled import Learnt
from tests.small_spaces import small

MANY = 2000
LARGE = SearchSpace([Choice("a", tuple(range(MANY))), Choice("b", tuple(map(str, range(MANY))), ordered=False)])


def test_the_options_of_usual_choices_are_told_apart_one_by_one() -> None:
    space = small("mobilenetv3")
    genomes = space.sample(20, np.random.default_rng(0))
    assert space.features is not None
    np.testing.assert_array_equal(
        inputs(space, genomes), np.concatenate([space.one_hot(genomes), space.features(genomes)], axis=1)
    )


def test_what_is_seen_of_very_many_options_does_not_grow_with_them() -> None:
    genomes = np.array([[0, 0], [MANY - 1, 1], [MANY // 2, MANY - 1]])
    rows = inputs(LARGE, genomes)
    assert groups(LARGE).tolist() == [MOST_GROUPS, MOST_GROUPS]
    assert rows.shape == (3, 2 * MOST_GROUPS + 1)  # the ordered one also by its rank
    np.testing.assert_allclose(rows[:, -1], genomes[:, 0] / (MANY - 1))
    np.testing.assert_array_equal(rows[:, :-1].sum(axis=1), 2)
    assert all(m.shape[0] == rows.shape[1] for part in part_maps(LARGE) for m in part.maps)


def test_options_within_a_group_are_told_apart_by_their_rank() -> None:
    rng = np.random.default_rng(0)
    known, asked = LARGE.sample(40, rng), np.stack([np.arange(100, 130), np.zeros(30, dtype=np.int64)], axis=1)
    learnt = Learnt(part_maps(LARGE), inputs(LARGE, known), known[:, 0] / 10.0)
    guesses = learnt.costs(inputs(LARGE, asked), learnt.form)
    assert (np.diff(guesses) > 0).all()


def test_further_features_come_beside_those_that_are_there() -> None:
    genomes = LARGE.sample(5, np.random.default_rng(0))
    more = with_features(LARGE, lambda g, _: g[:, :1] * 2.0)
    np.testing.assert_array_equal(inputs(more, genomes)[:, -1], genomes[:, 0] * 2.0)
    assert inputs(more, genomes).shape[1] == inputs(LARGE, genomes).shape[1] + 1
