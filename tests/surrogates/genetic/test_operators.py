"""Variation of genomes: legal, per gene, and from the generator handed in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pymoo.core.population import Population
from pymoo.core.problem import Problem

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.genetic.operators import Canonical, OptionMutation, UniformCrossover, Unseen, mutated
from hwnas.surrogates.genetic.pymoo_bridge import evolve, make_nsga2

SPACE = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        Choice("kind", ("a", "b", "c", "d", "e"), ordered=False),
        Choice("size", (1, 2, 3, 4, 5)),
        Choice("pair", (1, 2)),
        Choice("fixed", (1,)),
        Choice("deep", (1, 2, 3), active_if={"depth": (3,)}),
    ]
)
PROBLEM = Problem(n_var=6, n_obj=2, xl=0, xu=SPACE.sizes - 1, vtype=int)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_mutants_are_legal_and_the_parents_untouched(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    parents = SPACE.sample(20, rng)
    before = parents.copy()
    children = mutated(SPACE, parents, rate, rng)
    assert (parents == before).all()
    assert ((children >= 0) & (children < SPACE.sizes)).all()


def test_each_gene_changes_at_its_rate_and_never_to_itself() -> None:
    rng = np.random.default_rng(0)
    parents = rng.integers(0, SPACE.sizes, (20_000, 6))
    changed = (mutated(SPACE, parents, 0.2, rng) != parents).mean(axis=0)
    assert np.allclose(changed[[0, 1, 2, 3, 5]], 0.2, atol=0.015)
    assert changed[4] == 0
    always = mutated(SPACE, parents, 1.0, rng)
    assert (always != parents)[:, [0, 1, 2, 3, 5]].all()


def test_ordered_genes_prefer_neighbours_and_kinds_do_not() -> None:
    rng = np.random.default_rng(0)
    step = np.abs(mutated(SPACE, np.full((20_000, 6), [1, 2, 2, 0, 0, 0]), 1.0, rng) - [1, 2, 2, 0, 0, 0])
    assert (step[:, 2] == 1).mean() > 0.8
    assert abs((step[:, 1] == 1).mean() - 0.5) < 0.02


def test_crossover_swaps_whole_genes_and_both_children_share_the_parents_genes() -> None:
    parents = np.stack([np.zeros((50, 6), dtype=int), np.arange(1, 7) * np.ones((50, 1), dtype=int)])
    children = UniformCrossover()._do(PROBLEM, parents, random_state=np.random.default_rng(0))
    assert (np.sort(children, axis=0) == np.sort(parents, axis=0)).all()
    assert 0.35 < (children[0] == 0).mean() < 0.65


def test_repair_folds_inactive_genes() -> None:
    assert Canonical(SPACE)._do(PROBLEM, np.array([[0, 1, 1, 1, 0, 2]])).tolist() == [[0, 1, 1, 1, 0, 0]]


def test_duplicates_of_the_history_the_population_and_themselves_are_dropped() -> None:
    rows = np.eye(6, dtype=np.int64)
    offspring = Population.new(X=rows[[0, 1, 1, 2, 3]])
    kept = Unseen({rows[0].tobytes()}).do(offspring, Population.new(X=rows[[2]]))
    assert kept.get("X").tolist() == rows[[1, 3]].tolist()


def test_a_change_is_expected_in_one_gene_among_those_that_can() -> None:
    assert OptionMutation(SPACE).rate == 1 / 5


def test_offspring_depend_on_the_seed_alone() -> None:
    def children(seed: int) -> list[list[int]]:
        np.random.seed(seed + 7)
        start = SPACE.sample(10, np.random.default_rng(0))
        costs = start[:, :2].astype(float)
        visited, _, _ = evolve(
            SPACE, start, lambda x: (x[:, :2].astype(float), np.zeros(len(x))), population=10, generations=5, seed=1
        )
        assert len(costs)
        return visited.tolist()

    assert children(0) == children(1)


def test_evolution_scores_every_genome_once_and_reaches_the_optimum() -> None:
    start = np.unique(SPACE.sample(10, np.random.default_rng(0)), axis=0)

    def score(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = x.sum(axis=1).astype(float)
        return np.stack([-total, total**2], axis=1), np.maximum(0.0, total - 6)

    genomes, costs, violations = evolve(SPACE, start, score, population=20, generations=30, seed=0)
    assert len(np.unique(genomes, axis=0)) == len(genomes)
    assert (SPACE.canonical(genomes) == genomes).all()
    assert costs[violations == 0, 0].min() == -6
    assert costs[:, 1].min() == 0


def test_nsga2_is_set_up_for_the_bounds_of_the_space() -> None:
    problem = make_nsga2(SPACE, 3, 10, 0, set()).problem
    assert problem.n_obj == 3
    assert problem.xu.tolist() == [2, 4, 4, 1, 0, 2]
