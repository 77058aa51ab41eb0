import numpy as np

from hwnas.predictors._regressor import Standard


def test_columns_get_mean_nought_and_spread_one_and_constant_ones_become_nought() -> None:
    features = np.array([[1.0, 5.0, 1e9], [3.0, 5.0, 1e9]])
    standard = Standard.of(features)
    assert standard.centre.tolist() == [2.0, 5.0, 1e9]
    assert standard(features).tolist() == [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    assert standard(np.array([[4.0, 9.0, 0.0]])).tolist() == [[2.0, 0.0, 0.0]]
