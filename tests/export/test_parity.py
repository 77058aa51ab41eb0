from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.export.parity import prove
from hwnas.export.writer import write_onnx
from tests.export.networks import IMAGE, inverted_residual

EXAMPLES = np.random.default_rng(0).normal(size=(13, *IMAGE[0].shape)).astype(np.float32)


@pytest.fixture
def network() -> nn.Module:
    return inverted_residual([(8, 3, 3, 1, nn.ReLU, True), (12, 5, 4, 2, nn.Hardswish, False)])


@pytest.mark.parametrize(("dynamic_batch", "batch"), [(True, 1), (False, 1), (False, 5), (False, 20)])
def test_an_honest_export_is_proved_on_every_example(
    network: nn.Module, tmp_path: Path, *, dynamic_batch: bool, batch: int
) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx", dynamic_batch=dynamic_batch, batch=batch)
    parity = prove(network.train(), path, [EXAMPLES])
    assert parity.examples == 13
    assert parity.top1_agreement == 1.0
    assert 0 <= parity.max_abs_diff < 1e-4


def test_the_difference_reported_is_the_largest_one(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(768, 4))
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    with torch.no_grad():
        network[1].bias[2] += 0.5
    parity = prove(network, path, [EXAMPLES], tolerance=10)
    assert parity.max_abs_diff == pytest.approx(0.5, abs=1e-5)
    assert parity.top1_agreement < 1


@pytest.mark.parametrize("which", [0, -1])
def test_a_tampered_weight_breaks_the_promise_with_the_numbers(network: nn.Module, which: int, tmp_path: Path) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    model = onnx.load(path)
    weights = [x for x in model.graph.initializer if x.name.endswith(".weight")]
    changed = numpy_helper.to_array(weights[which]).copy()
    changed.flat[0] += 0.1
    weights[which].CopyFrom(numpy_helper.from_array(changed, weights[which].name))
    onnx.save(model, path)
    with pytest.raises(PromiseError, match=r"13 examples logits differ by up to \S+, allowed are"):
        prove(network, path, [EXAMPLES])


def test_logits_that_are_not_numbers_break_the_promise(network: nn.Module, tmp_path: Path) -> None:
    with torch.no_grad():
        network[-1].bias[0] = torch.nan  # type: ignore[index]
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    with pytest.raises(PromiseError, match="nan"):
        prove(network, path, [EXAMPLES])


def test_no_examples_a_missing_and_a_broken_model_are_input_errors(network: nn.Module, tmp_path: Path) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    with pytest.raises(InputError, match="at least 1"):
        prove(network, path, [EXAMPLES[:0]])
    with pytest.raises(InputError, match="should take"):
        prove(nn.Sequential(nn.Flatten(), nn.Linear(12, 10)), path, [EXAMPLES[:, :, :2, :2]])
    with pytest.raises(InputError, match="can load"):
        prove(network, tmp_path / "none.onnx", [EXAMPLES])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="can load"):
        prove(network, path, [EXAMPLES])
