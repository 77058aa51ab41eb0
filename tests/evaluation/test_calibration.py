import numpy as np
import pytest
import torch

from hwnas.contracts.task import Examples
from hwnas.evaluation import calibration
from hwnas.evaluation.calibration import calibrated
from hwnas.testing._own_cnn import own_cnn, randomise


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
    assert norm.momentum == 0.1  # as its constructor has it, for whoever trains it further


@pytest.mark.parametrize("n", [11, 20, 21, 30])
def test_batches_hold_every_example_once_and_none_is_left_alone(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_BATCH", 10)
    parts = [inputs[0] for inputs in calibration._batches(examples(n))]
    assert torch.equal(torch.cat(parts), torch.from_numpy(examples(n).inputs[0]))
    assert max(map(len, parts)) <= 10
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_sorted_data_calibrates_as_mixed_data_does_and_extracting_alone_does_not() -> None:
    """Statistics of a part that is not like the whole are off by far more than those of another draw."""
    supernet = own_cnn()
    randomise(supernet)
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 800)
    data = Examples(((rng.normal(size=(2400, 1, 8, 8)) + 3 * labels[:, None, None, None]).astype(np.float32),), labels)
    mixed = data.take(rng.permutation(2400))

    def statistics(examples: Examples, count: int = 500) -> torch.Tensor:
        network = calibrated(supernet, supernet.space.smallest, examples, count=count)
        return network.norms[0].running_mean  # type: ignore[index,union-attr,return-value]

    whole = statistics(data, 2400)
    shared = supernet.extract(supernet.space.smallest).norms[0].running_mean  # type: ignore[index,union-attr]
    draws = [float((statistics(examples) - whole).abs().max()) for examples in (data, mixed)]
    first = float((statistics(data.take(slice(0, 500))) - whole).abs().max())
    assert max(draws) < 0.2 * first
    assert max(draws) < 0.2 * float((shared - whole).abs().max())
