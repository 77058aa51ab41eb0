import numpy as np
import pytest
import torch

from hwnas.contracts.task import Examples
from hwnas.training import _finish
from hwnas.training._finish import calibrated, wilson_interval
from tests.families import own_cnn, randomise


def examples(n: int) -> Examples:
    rng = np.random.default_rng(0)
    return Examples((rng.normal(size=(n, 1, 8, 8)).astype(np.float32),), rng.integers(0, 3, n))


def test_calibrated_statistics_are_those_of_all_examples() -> None:
    supernet = own_cnn()
    randomise(supernet)
    data = examples(50)
    network = calibrated(supernet, supernet.space.smallest, data)
    with torch.no_grad():
        seen = network.blocks[0](network.stem(torch.from_numpy(data.inputs[0])).relu())  # type: ignore[index,operator]
    norm = network.norms[0]  # type: ignore[index]
    torch.testing.assert_close(norm.running_mean, seen.mean((0, 2, 3)))
    torch.testing.assert_close(norm.running_var, seen.var((0, 2, 3)))


@pytest.mark.parametrize("n", [11, 20, 21, 30])
def test_batches_hold_every_example_once_and_none_is_left_alone(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_finish, "_BATCH", 10)
    parts = [inputs[0] for inputs in _finish._batches(examples(n))]
    assert torch.equal(torch.cat(parts), torch.from_numpy(examples(n).inputs[0]))
    assert max(map(len, parts)) <= 10
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("share", [0.0, 0.37, 0.9, 1.0])
def test_the_interval_of_a_share_holds_the_shares_whose_test_would_not_reject_it(share: float) -> None:
    n = 500
    low, high = wilson_interval(share, n)
    assert 0 <= low <= share <= high <= 1
    # Wilson's bounds p solve |share - p| = z sqrt(p (1 - p) / n); 0 and 1 are where the solution leaves the range.
    for bound in [b for b in (low, high) if 1e-12 < b < 1 - 1e-12]:
        assert abs(share - bound) == pytest.approx(1.959964 * np.sqrt(bound * (1 - bound) / n), rel=1e-6)
