"""Accuracy that integers cost, recovered in the file."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Recovery
from hwnas.contracts.search_space import InputSpec
from hwnas.export._equalisation import equalised
from hwnas.export._int8_plan import plan
from hwnas.export.rounded import rounded
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import write_onnx
from hwnas.spaces._mixed import MixedPrecision

SPECS = [InputSpec("x", (4, 6, 6))]
LAYERS = ("0", "3", "5", "9")


def examples(n: int = 64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 4, 6, 6)).astype(np.float32)


def network() -> nn.Module:
    """Convolutions whose channels differ a thousandfold in range, between them a depthwise one; no bias in the last."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(4, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8), nn.ReLU(),
        nn.Conv2d(8, 8, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3, bias=False),
    )  # fmt: skip
    with torch.no_grad():
        by = torch.logspace(-1.5, 1.5, 8).reshape(-1, 1, 1, 1)
        net[1].weight.mul_(by.flatten())  # type: ignore[operator,union-attr]
        net[3].weight.div_(by)  # type: ignore[operator,union-attr]
    return net.eval()


def answers(recover: Recovery, folder: Path, layers: tuple[str, ...] = LAYERS) -> np.ndarray:
    own = MixedPrecision(network(), layers, [examples()], "minmax", recover)
    return np.concatenate([*outputs_of_file(write_onnx(own, SPECS, folder / f"{recover}.onnx"), [examples()])])


def test_other_biases_bring_the_mean_of_outputs_back_and_like_ranges_every_output(tmp_path: Path) -> None:
    with torch.no_grad():
        exact = network()(torch.from_numpy(examples())).numpy()
    shift = {how: (answers(how, tmp_path, ("9",)) - exact).mean(axis=0) for how in ("none", "bias")}  # type: ignore[arg-type]
    assert np.abs(shift["bias"]).max() < 0.01 * np.abs(shift["none"]).max()
    off = {how: answers(how, tmp_path) - exact for how in ("none", "equalize", "qat")}  # type: ignore[arg-type]
    assert np.abs(off["equalize"]).mean() < 0.5 * np.abs(off["none"]).mean()
    np.testing.assert_array_equal(off["qat"], off["none"])  # which is of the weights


def test_a_model_with_channels_of_like_range_gives_the_same_in_float32(tmp_path: Path) -> None:
    model = onnx.load(write_onnx(network(), SPECS, tmp_path / "m.onnx"))
    made = plan(model, {name: np.zeros(0) for name in LAYERS})
    other = equalised(model, made, [examples()])
    onnx.save(other, tmp_path / "other.onnx")
    one, two = (np.concatenate([*outputs_of_file(tmp_path / f"{n}.onnx", [examples()])]) for n in ("m", "other"))
    np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-6)
    assert {x.name for x in model.graph.initializer} == {x.name for x in other.graph.initializer}
    assert any(a.raw_data != b.raw_data for a, b in zip(model.graph.initializer, other.graph.initializer, strict=True))


def test_pytorch_rounds_with_other_biases_as_the_file_has_them_and_knows_nothing_of_other_weights(
    tmp_path: Path,
) -> None:
    own = MixedPrecision(network(), LAYERS, [examples()], "minmax", "bias")
    as_file = rounded(own, SPECS, [examples()])
    assert as_file is not None
    with torch.no_grad():
        told = as_file(torch.from_numpy(examples())).numpy()
    assert np.median(np.abs(told - answers("bias", tmp_path))) < 1e-6
    assert rounded(MixedPrecision(network(), LAYERS, [examples()], "minmax", "equalize"), SPECS, [examples()]) is None


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(InputError, match=r"How accuracy is recovered is one of .*, got 'hope'"):
        MixedPrecision(network(), LAYERS, [examples()], "minmax", "hope")  # type: ignore[arg-type]
