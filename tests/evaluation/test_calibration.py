import numpy as np
import pytest
import torch

from hwnas.contracts.task import Examples
from hwnas.evaluation import calibration
from hwnas.evaluation.calibration import calibrated
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
    monkeypatch.setattr(calibration, "_BATCH", 10)
    parts = [inputs[0] for inputs in calibration._batches(examples(n))]
    assert torch.equal(torch.cat(parts), torch.from_numpy(examples(n).inputs[0]))
    assert max(map(len, parts)) <= 10
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
