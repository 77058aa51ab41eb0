"""pymoo's genetic algorithms with our operators, over integer genomes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.genetic.operators import Canonical, OptionMutation, UniformCrossover, Unseen

Score = Callable[[IntArray], tuple[FloatArray, FloatArray]]
"""Genomes ``(n, g)`` to minimised costs ``(n, m)`` and violations ``(n,)``, 0 when within all limits."""


def make_nsga2(space: SearchSpace, m: int, population: int, seed: int, keys: set[bytes]) -> NSGA2:
    """An NSGA-II that is set up but has no population yet; `known` genomes are never its offspring."""
    return set_up(NSGA2, space, m, population, seed, keys)


def set_up(
    kind: Any,  # noqa: ANN401
    space: SearchSpace,
    m: int,
    population: int,
    seed: int,
    keys: set[bytes],
    **settings: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """An algorithm of pymoo's class `kind` with our operators; see `make_nsga2`."""
    algorithm = kind(
        pop_size=population,
        crossover=UniformCrossover(),
        mutation=OptionMutation(space),
        repair=Canonical(space),
        eliminate_duplicates=Unseen(keys),
        **settings,
    )
    problem = Problem(n_var=len(space.choices), n_obj=m, n_ieq_constr=1, xl=0, xu=space.sizes - 1, vtype=int)
    algorithm.setup(problem, termination=NoTermination(), seed=seed)
    return algorithm


def evaluated(genomes: IntArray, costs: FloatArray, violations: FloatArray) -> Population:
    """A pymoo population that is told its values."""
    return told(Population.new(X=genomes), costs, violations)


def told(population: Any, costs: FloatArray, violations: FloatArray) -> Any:  # noqa: ANN401
    """The same individuals, with values; all of pymoo's parts then treat them as evaluated."""
    population.set("F", costs, "G", violations[:, None], "H", np.zeros((len(costs), 0)))
    return population


def evolve(
    space: SearchSpace, start: IntArray, score: Score, *, population: int, generations: int, seed: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Evolve from `start` (canonical, distinct); give back everything scored on the way, each genome once.

    Returns:
        genomes ``(n, g)``, costs ``(n, m)``, violations ``(n,)``, in the order they were first scored.
    """
    costs, violations = score(start)
    seen = {row.tobytes() for row in start}
    algorithm = make_nsga2(space, costs.shape[1], population, seed, seen)
    random = algorithm.random_state
    survivors = algorithm.survival.do(
        algorithm.problem, evaluated(start, costs, violations), n_survive=population, random_state=random
    )
    visited = [(start, costs, violations)]
    for _ in range(generations):
        children = algorithm.mating.do(
            algorithm.problem, survivors, population, algorithm=algorithm, random_state=random, n_max_iterations=3
        )
        if len(children) == 0:
            break
        genomes = np.ascontiguousarray(children.get("X"), dtype=np.int64)
        costs, violations = score(genomes)
        seen.update(row.tobytes() for row in genomes)
        visited.append((genomes, costs, violations))
        survivors = algorithm.survival.do(
            algorithm.problem,
            Population.merge(survivors, told(children, costs, violations)),
            n_survive=population,
            random_state=random,
        )
    genomes, costs, violations = (np.concatenate(parts) for parts in zip(*visited, strict=True))
    return genomes, costs, violations
