"""The model `surrogate` learns with: its mean is the Gaussian process's, and it generalises over choices of a kind."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.surrogates.base.proposer import history_of
from hwnas.surrogates.prior.effects import part_maps
from hwnas.surrogates.prior.evidence import weigh
from hwnas.surrogates.prior.inputs import inputs
from hwnas.surrogates.prior.pooled import Learnt, Pooled, PooledModel

SPACE = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        *(Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in (1, 2, 3) if d > i)}) for i in range(3)),
        *(
            Choice(f"width{i}", (1, 2, 4, 6), active_if={"depth": tuple(d for d in (1, 2, 3) if d > i)})
            for i in range(3)
        ),
        Choice("kind", ("a", "b"), ordered=False),
    ]
)


def learnt(space: SearchSpace, genomes: IntArray, costs: FloatArray) -> Learnt:
    return Learnt(part_maps(space), inputs(space, genomes), costs)


def expected(space: SearchSpace, genomes: IntArray, costs: FloatArray, others: IntArray) -> FloatArray:
    """Of others, after these."""
    model = learnt(space, genomes, costs)
    return model.costs(inputs(space, others), model.form)


def pooled(genomes: IntArray, *objectives: Objective) -> PooledModel:
    """After measuring these."""
    figures = zip(genomes, block_costs(genomes), strict=True)
    results = [Result(Trial(SPACE.decode(g)), {"cost": c, "depth": float(g[0] + 1)}) for g, c in figures]
    return Pooled(SPACE)(history_of(SPACE, objectives, results), np.random.default_rng(0))


def block_costs(genomes: IntArray) -> FloatArray:
    """Kernel times width of every active block, as latencies are."""
    active = SPACE.active(genomes)[:, 1:4]
    kernels, widths = np.array([3, 5, 7])[genomes[:, 1:4]], np.array([1, 2, 4, 6])[genomes[:, 4:7]]
    return np.asarray((kernels * widths * active).sum(axis=1) + 5.0 * genomes[:, 7])


def test_what_was_measured_is_nearly_reproduced_and_the_rest_is_guessed_well() -> None:
    rng = np.random.default_rng(0)
    genomes = np.unique(SPACE.sample(80, rng), axis=0)
    others = SPACE.sample(500, rng)
    assert np.abs(expected(SPACE, genomes, block_costs(genomes), genomes) - block_costs(genomes)).max() < 1.0
    error = expected(SPACE, genomes, block_costs(genomes), others) - block_costs(others)
    assert np.sqrt(np.mean(error**2)) < 0.1 * block_costs(others).std()


def test_few_measurements_are_enough_when_choices_of_a_kind_act_alike() -> None:
    """Twenty choices, fifteen measurements: hopeless without sharing, easy with it."""
    space = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(20)])
    rng = np.random.default_rng(1)
    genomes, others = space.sample(15, rng), space.sample(300, rng)
    error = expected(space, genomes, genomes.sum(axis=1) + 0.0, others) - others.sum(axis=1)
    assert np.sqrt(np.mean(error**2)) < 0.2 * others.sum(axis=1).std()


def test_draws_differ_from_the_mean_where_nothing_was_measured_more_than_where_it_was() -> None:
    rng = np.random.default_rng(2)
    genomes, others = np.unique(SPACE.sample(40, rng), axis=0), SPACE.sample(300, rng)
    model = pooled(genomes, Objective("cost"))
    drawn = model.draw(np.concatenate([genomes, others]), 8, rng)[:, :, 0]
    away = np.abs(drawn - model(np.concatenate([genomes, others])).mean[:, 0]).mean(axis=0)
    assert 0 < 2 * away[: len(genomes)].mean() < away[len(genomes) :].mean()


def test_draws_spread_about_as_far_as_it_says_it_is_unsure() -> None:
    """What no sort of effect explains is left out of a draw, and in what it believes of others."""
    rng = np.random.default_rng(7)
    genomes, others = np.unique(SPACE.sample(40, rng), axis=0), SPACE.sample(300, rng)
    model = pooled(genomes, Objective("cost", noisy=True))
    (marginal,) = model.marginals(others)
    known = model.learnt[0]
    assert known is not None
    drawn = marginal.warp(model.draw(others, 200, rng)[:, :, 0])
    assert np.allclose(drawn.mean(axis=0), marginal.mean, atol=0.4 * marginal.spread.max())
    ratio = drawn.std(axis=0) / (marginal.spread / known.doubt)
    assert 0.85 < np.median(ratio) < 1.15


def test_what_is_believed_has_the_mean_of_the_form() -> None:
    genomes = np.unique(SPACE.sample(60, np.random.default_rng(8)), axis=0)
    model, others = pooled(genomes, Objective("cost")), SPACE.sample(700, np.random.default_rng(9))
    (marginal,) = model.marginals(others)
    assert np.allclose(marginal.middle, model(others).mean[:, 0], rtol=1e-3)


def test_features_of_the_space_are_learnt_from_too() -> None:
    def parity(genomes: IntArray) -> FloatArray:
        return (genomes.sum(axis=1, keepdims=True) % 2).astype(float)

    choices = [Choice(f"c{i}", (0, 1)) for i in range(12)]
    plain, knowing = SearchSpace(choices), SearchSpace(choices, features=parity, feature_names=["parity"])
    rng = np.random.default_rng(3)
    genomes, others = plain.sample(40, rng), plain.sample(300, rng)
    errors = [
        np.abs(expected(s, genomes, parity(genomes)[:, 0], others) - parity(others)[:, 0]).mean()
        for s in (plain, knowing)
    ]
    assert errors[1] < 0.1 < errors[0]


@pytest.mark.parametrize("value", [3.0, 0.0])
def test_constant_figures_and_one_point_spaces_are_no_trouble(value: float) -> None:
    genomes = SPACE.sample(5, np.random.default_rng(4))
    assert np.allclose(expected(SPACE, genomes, np.full(5, value), genomes), value)
    one, point = SearchSpace([Choice("only", (1,))]), np.zeros((1, 1), dtype=np.int64)
    assert np.isfinite(expected(one, np.repeat(point, 2, axis=0), np.array([1.0, 2.0]), point)).all()


def test_the_weights_favour_the_part_that_made_the_target() -> None:
    rng = np.random.default_rng(5)
    good, bad = rng.standard_normal((60, 3)), rng.standard_normal((60, 3))
    target = good @ np.array([1.0, -2.0, 1.5])
    shares = weigh(np.stack([good @ good.T / 3, bad @ bad.T / 3]), target / target.std(), [1, 1])[0]
    assert shares[0] > 50 * shares[1]


def test_exact_objectives_are_computed_and_limits_known() -> None:
    genomes = np.unique(SPACE.sample(30, np.random.default_rng(6)), axis=0)
    depth = Objective("depth", "max", exact=lambda a: float(a["depth"]), limit=2.0)
    model = pooled(genomes, Objective("cost"), depth)
    guess = model(genomes)
    assert (guess.mean[:, 1] == -(genomes[:, 0] + 1)).all()
    assert ((guess.violations > 0) == (genomes[:, 0] == 0)).all()
    assert model.draw(genomes, 3, np.random.default_rng(0)).shape == (3, len(genomes), 2)
