"""Transport between networks: exact, symmetric, and what stands elsewhere costs more."""

import numpy as np
import pytest
from scipy.optimize import linprog

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.transport import Layer, Transport, as_chain, label_cost

SPACE = SearchSpace(
    [
        Choice("depth", (1, 2, 3)),
        *(Choice(f"kernel{i}", (3, 5, 7), active_if={"depth": tuple(d for d in (1, 2, 3) if d > i)}) for i in range(3)),
        Choice("pool", ("max", "mean"), ordered=False),
    ]
)


def solved(layers: list[list[Layer]], nu: float) -> float:
    """The paper's linear programme, with one null layer on each side."""
    one, other = layers
    masses = [[layer.mass for layer in side] for side in layers]
    n, c = len(one), len(other)
    cost = np.ones((n + 1, c + 1))
    cost[n, c] = 0
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            place = np.mean(np.abs(np.array(a.place) - b.place))
            cost[i, j] = min(label_cost(a[:2], b[:2]) + nu * place, 1e5)
            cost[i, j] = 1e5 if a.kind != b.kind else cost[i, j]
    supply, demand = [*masses[0], sum(masses[1])], [*masses[1], sum(masses[0])]
    rows = [np.kron(np.eye(n + 1), np.ones(c + 1)), np.kron(np.ones(n + 1), np.eye(c + 1))]
    return float(linprog(cost.ravel(), A_eq=np.vstack(rows), b_eq=supply + demand).fun) / sum(map(sum, masses))


def test_the_assignment_of_units_costs_what_the_linear_programme_does() -> None:
    def layers(architecture):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return [layer._replace(mass=1 + i % 3) for i, layer in enumerate(as_chain(SPACE)(architecture))]

    genomes = SPACE.sample(5, np.random.default_rng(0))
    found = Transport(SPACE, layers, (0.3,))(genomes, genomes)[0]
    for i in range(5):
        for j in range(i):
            exact = solved([layers(SPACE.decode(genomes[k])) for k in (i, j)], 0.3)
            assert found[i, j] == pytest.approx(exact, abs=1e-9)


def test_distances_are_symmetric_zero_to_oneself_and_come_with_their_squares() -> None:
    genomes = SPACE.sample(8, np.random.default_rng(0))
    found = Transport(SPACE, as_chain(SPACE), (0.1, 0.8))(genomes, genomes)
    assert found.shape == (4, 8, 8)
    assert np.allclose(found, found.transpose(0, 2, 1))
    assert (np.diagonal(found, axis1=1, axis2=2) == 0).all()
    assert np.allclose(found[2:], found[:2] ** 2)


def test_a_chain_has_the_active_choices_and_where_they_stand() -> None:
    found = as_chain(SPACE)(SPACE.architecture({"depth": 1, "kernel0": 5, "pool": "max"}))
    assert found == [
        Layer("depth", 1, (0.0, 1.0)),
        Layer("kernel", 5, (0.5, 0.5)),
        Layer("pool", "max", (1.0, 0.0)),
    ]


def test_labels_cost_by_how_much_they_differ() -> None:
    assert label_cost(("conv", 3), ("conv", 3)) == 0
    assert label_cost(("conv", 3), ("conv", 5)) == pytest.approx(0.2)
    assert label_cost(("pool", "max"), ("pool", "mean")) == 0.5
    assert label_cost(("conv", 3), ("pool", 3)) == 2
