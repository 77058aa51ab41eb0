"""Who stands before whom."""

import numpy as np

from hwnas.surrogates.generators.ranking import best_first


def test_the_best_is_within_the_limits_then_of_the_front_then_has_room() -> None:
    costs = np.array([[0.0, 0.0], [1.0, 5.0], [2.0, 4.0], [2.1, 3.9], [5.0, 1.0], [6.0, 6.0], [9.0, 9.0]])
    order = best_first(costs, np.array([0.5, 0, 0, 0, 0, 0, 0.1])).tolist()
    assert set(order[:2]) == {1, 4}
    assert order[4:] == [5, 6, 0]


def test_with_one_objective_the_order_is_the_plain_one() -> None:
    assert best_first(np.array([[3.0], [1.0], [2.0]]), np.zeros(3)).tolist() == [1, 2, 0]
