"""The model `surrogate` learns with: its mean is the Gaussian process's, and it generalises over choices of a kind."""

import numpy as np
import pytest

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Result, Trial
from hwnas.search._effects import inputs, part_maps
from hwnas.search._pooled import Learnt, Pooled
from hwnas.search._proposer import history_of
from hwnas.search._weighing import weigh

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


def learnt(space: SearchSpace, genomes: IntArray, costs: FloatArray, boldness: float = 0.0, seed: int = 0) -> Learnt:
    return Learnt(part_maps(space), inputs(space, genomes), costs, np.random.default_rng(seed), boldness)


def block_costs(genomes: IntArray) -> FloatArray:
    """Kernel times width of every active block, as latencies are."""
    active = SPACE.active(genomes)[:, 1:4]
    kernels, widths = np.array([3, 5, 7])[genomes[:, 1:4]], np.array([1, 2, 4, 6])[genomes[:, 4:7]]
    return np.asarray((kernels * widths * active).sum(axis=1) + 5.0 * genomes[:, 7])


def test_what_was_measured_is_nearly_reproduced_and_the_rest_is_guessed_well() -> None:
    rng = np.random.default_rng(0)
    genomes = np.unique(SPACE.sample(80, rng), axis=0)
    others = SPACE.sample(500, rng)
    model = learnt(SPACE, genomes, block_costs(genomes))
    assert np.abs(model(inputs(SPACE, genomes)) - block_costs(genomes)).max() < 1.0
    error = model(inputs(SPACE, others)) - block_costs(others)
    assert np.sqrt(np.mean(error**2)) < 0.1 * block_costs(others).std()


def test_few_measurements_are_enough_when_choices_of_a_kind_act_alike() -> None:
    """Twenty choices, fifteen measurements: hopeless without sharing, easy with it."""
    space = SearchSpace([Choice(f"c{i}", (0, 1, 2, 3)) for i in range(20)])
    rng = np.random.default_rng(1)
    genomes, others = space.sample(15, rng), space.sample(300, rng)
    error = learnt(space, genomes, genomes.sum(axis=1) + 0.0)(inputs(space, others)) - others.sum(axis=1)
    assert np.sqrt(np.mean(error**2)) < 0.2 * others.sum(axis=1).std()


def test_draws_differ_from_the_mean_where_nothing_was_measured_more_than_where_it_was() -> None:
    rng = np.random.default_rng(2)
    genomes, others = np.unique(SPACE.sample(40, rng), axis=0), SPACE.sample(300, rng)
    costs = block_costs(genomes)
    mean = learnt(SPACE, genomes, costs)
    draws = [learnt(SPACE, genomes, costs, 1.0, seed) for seed in range(8)]

    def away(rows: IntArray) -> float:
        return float(np.mean([np.abs(d(inputs(SPACE, rows)) - mean(inputs(SPACE, rows))).mean() for d in draws]))

    assert 0 < 2 * away(genomes) < away(others)


def test_features_of_the_space_are_learnt_from_too() -> None:
    def parity(genomes: IntArray) -> FloatArray:
        return (genomes.sum(axis=1, keepdims=True) % 2).astype(float)

    choices = [Choice(f"c{i}", (0, 1)) for i in range(12)]
    plain, knowing = SearchSpace(choices), SearchSpace(choices, features=parity, feature_names=["parity"])
    rng = np.random.default_rng(3)
    genomes, others = plain.sample(40, rng), plain.sample(300, rng)
    errors = [
        np.abs(learnt(s, genomes, parity(genomes)[:, 0])(inputs(s, others)) - parity(others)[:, 0]).mean()
        for s in (plain, knowing)
    ]
    assert errors[1] < 0.1 < errors[0]


@pytest.mark.parametrize("value", [3.0, 0.0])
def test_constant_figures_and_one_point_spaces_are_no_trouble(value: float) -> None:
    genomes = SPACE.sample(5, np.random.default_rng(4))
    assert np.allclose(learnt(SPACE, genomes, np.full(5, value))(inputs(SPACE, genomes)), value)
    one = SearchSpace([Choice("only", (1,))])
    assert np.isfinite(learnt(one, np.zeros((2, 1), dtype=np.int64), np.array([1.0, 2.0]))(np.ones((1, 1)))).all()


def test_the_weights_favour_the_part_that_made_the_target() -> None:
    rng = np.random.default_rng(5)
    good, bad = rng.standard_normal((60, 3)), rng.standard_normal((60, 3))
    target = good @ np.array([1.0, -2.0, 1.5])
    shares = weigh(np.stack([good @ good.T / 3, bad @ bad.T / 3]), target / target.std(), [1, 1])[0]
    assert shares[0] > 50 * shares[1]


def test_exact_objectives_are_computed_and_limits_known() -> None:
    objectives = [Objective("cost"), Objective("depth", "max", exact=lambda a: float(a["depth"]), limit=2.0)]
    genomes = np.unique(SPACE.sample(30, np.random.default_rng(6)), axis=0)
    figures = zip(genomes, block_costs(genomes), strict=True)
    trials = [Result(Trial(SPACE.decode(g)), {"cost": c, "depth": float(g[0] + 1)}) for g, c in figures]
    model = Pooled(SPACE)(history_of(SPACE, objectives, trials), np.random.default_rng(0))
    guess = model(genomes)
    assert (guess.mean[:, 1] == -(genomes[:, 0] + 1)).all()
    assert ((guess.violations > 0) == (genomes[:, 0] == 0)).all()
    assert model.draw(genomes, 3, np.random.default_rng(0)).shape == (3, len(genomes), 2)
