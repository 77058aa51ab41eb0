"""Files some of whose layers compute in integers."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.search_space import InputSpec
from hwnas.export._mixed import with_integers
from hwnas.export.scoring import outputs, outputs_of_file
from hwnas.export.writer import write_onnx
from hwnas.spaces._mixed import MixedPrecision

SPECS = [InputSpec("x", (3, 8, 8))]


class Net(nn.Module):
    """Two convolutions with batch-norm around a residual one, pooling, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.inner, self.act = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.ReLU()
        self.last = nn.Conv2d(8, 16, 1)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = x + self.act(self.inner(x))
        out: Tensor = self.head(nn.functional.hardswish(self.last(x)).mean((2, 3)))
        return out


LAYERS = ("first.0", "inner", "last", "head")


def examples(n: int = 32) -> list[np.ndarray]:
    return [np.random.default_rng(0).normal(size=(n, 3, 8, 8)).astype(np.float32)]


def mixed(*layers: str, net: nn.Module | None = None) -> MixedPrecision:
    return MixedPrecision((net or Net()).eval(), layers, examples(), "minmax")


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_no_processor_cuts_the_sum_of_two_products(tmp_path: Path) -> None:
    """Some add two products of bytes in 16 bits and cut what is more, so weights are 7 bits: 2 x 64 x 255 is less."""
    head = nn.Linear(64, 4, bias=False)
    nn.init.ones_(head.weight)
    ones = np.ones((8, 64), dtype=np.float32)
    path = write_onnx(MixedPrecision(nn.Sequential(head).eval(), ("0",), [ones], "minmax"), [InputSpec("x", (64,))],
                      tmp_path / "mixed.onnx")  # fmt: skip
    weights = [numpy_helper.to_array(x) for x in onnx.load(path).graph.initializer if x.data_type == 3 and x.dims]
    assert [int(np.abs(x.astype(int)).max()) for x in weights if x.ndim == 2] == [64]
    (got,) = outputs_of_file(path, [ones])
    np.testing.assert_allclose(got, 64, rtol=0.01)


def test_what_a_space_lowers_to_is_what_an_exporter_reads() -> None:
    assert isinstance(mixed("head"), Mixed)
    assert not isinstance(Net(), Mixed)


@pytest.mark.parametrize("layers", [LAYERS, ("first.0", "last"), ("inner",), ("head",), ("last", "head")])
def test_the_file_computes_what_pytorch_computes_by_rounding(layers: tuple[str, ...], tmp_path: Path) -> None:
    own = mixed(*layers)
    path = write_onnx(own, SPECS, tmp_path / "m.onnx")
    onnx.checker.check_model(str(path), full_check=True)
    with torch.no_grad():
        x = examples(100)[0]
        told, plain = own(torch.from_numpy(x)).numpy(), own.float32(torch.from_numpy(x)).numpy()
    (got,) = (np.concatenate([*outputs_of_file(path, [x])]),)
    assert np.abs(got - plain).max() > 1e-5  # integers there are
    assert np.abs(got - told).mean() < 0.5 * np.abs(got - plain).mean() or len(layers) == 4  # sums round, too
    assert np.abs(got - plain).mean() < 0.05 * plain.std()
    np.testing.assert_allclose(np.concatenate([*outputs(own, SPECS, [x])]), got, atol=0.05 * plain.std())


def test_a_relu_that_a_range_stands_for_is_left_out_and_sums_between_layers_are_integers(tmp_path: Path) -> None:
    assert "Relu" not in operators(write_onnx(mixed(*LAYERS), SPECS, tmp_path / "m.onnx"))
    assert operators(write_onnx(mixed("inner"), SPECS, tmp_path / "m.onnx")).count("Relu") == 1
    model = onnx.load(write_onnx(mixed(*LAYERS), SPECS, tmp_path / "m.onnx"))
    (add,) = (node for node in model.graph.node if node.op_type == "Add")
    made = {node.output[0]: node.op_type for node in model.graph.node}
    assert [made[name] for name in add.input] == ["DequantizeLinear", "DequantizeLinear"]
    assert [node.op_type for node in model.graph.node if add.output[0] in node.input] == ["QuantizeLinear"]


def test_onnx_runtime_computes_the_layers_in_integers(tmp_path: Path) -> None:
    path = write_onnx(mixed(*LAYERS), SPECS, tmp_path / "m.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    used = operators(tmp_path / "optimised.onnx")
    assert used.count("QLinearConv") == 3
    assert used.count("QGemm") == 1
    assert used.count("QLinearAdd") == 1
    assert not {"Conv", "FusedConv", "Gemm"} & set(used)


def test_onnx_runtime_computes_linear_layers_of_sequences_in_integers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 4)).eval()
    x = np.random.default_rng(0).normal(size=(32, 5, 6)).astype(np.float32)
    own = MixedPrecision(net, ("0", "2"), [x], "minmax")
    path = write_onnx(own, [InputSpec("x", (5, 6))], tmp_path / "m.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    used = operators(tmp_path / "optimised.onnx")
    assert sum(used.count(word) for word in ("QGemm", "MatMulIntegerToFloat")) == 2
    assert not {"Gemm", "MatMul", "FusedMatMul", "DequantizeLinear"} & set(used)
    with torch.no_grad():
        plain = net(torch.from_numpy(x)).numpy()
    got = np.concatenate([*outputs_of_file(path, [x])])
    assert 1e-5 < np.abs(got - plain).mean() < 0.02 * plain.std()


def test_equal_networks_give_equal_files_and_an_open_batch_gives_the_same_numbers(tmp_path: Path) -> None:
    one, two = (write_onnx(mixed(*LAYERS), SPECS, tmp_path / f"{i}.onnx").read_bytes() for i in range(2))
    assert one == two


def test_a_layer_that_is_not_in_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Layer 'other' should be computed in INT8, but the file"):
        write_onnx(_Wrong(Net().eval()), SPECS, tmp_path / "m.onnx")


class _Wrong(nn.Module):
    def __init__(self, float32: nn.Module) -> None:
        super().__init__()
        self.float32, self.int8_layers, self.calibration, self.ranges = float32, ("other",), examples(), "minmax"
        self.recover = "none"


@pytest.mark.parametrize("where", ["weight", "input"])
def test_what_has_no_scale_is_named(where: str, tmp_path: Path) -> None:
    net = Net()
    if where == "weight":
        with torch.no_grad():
            net.last.weight[0] = torch.nan
    own = mixed("last", net=net)
    if where == "input":
        own.calibration[0][3, 0] = np.inf  # type: ignore[index]
    with pytest.raises(InputError, match=r"finite numbers, so (its integers have|it has) no"):
        write_onnx(own, SPECS, tmp_path / "m.onnx")


def test_a_channel_of_zeros_and_a_value_that_is_always_zero_have_a_scale(tmp_path: Path) -> None:
    net = Net()
    with torch.no_grad():
        net.last.weight[0] = 0
        net.inner.weight.zero_()
        net.inner.bias.zero_()
    path = write_onnx(mixed(*LAYERS, net=net), SPECS, tmp_path / "m.onnx")
    got = np.concatenate([*outputs_of_file(path, examples())])
    assert np.isfinite(got).all()


def test_a_bias_far_larger_than_its_weights_is_kept(tmp_path: Path) -> None:
    net = Net()
    with torch.no_grad():
        net.head.weight[0] *= 1e-9
        net.head.bias[0] = 50.0
    own = mixed("head", net=net)
    path = write_onnx(own, SPECS, tmp_path / "m.onnx")
    got = np.concatenate([*outputs_of_file(path, examples())])
    assert got[:, 0] == pytest.approx(50.0, rel=1e-3)


def test_a_layer_whose_array_an_exporter_has_renamed_is_known_by_its_values(tmp_path: Path) -> None:
    own = mixed("head")
    model = onnx.load(write_onnx(own.float32, SPECS, tmp_path / "m.onnx"))
    (array,) = (x for x in model.graph.initializer if x.name == "head.weight")
    (node,) = (n for n in model.graph.node if "head.weight" in n.input)
    array.name = node.input[1] = "val_3"
    changed = with_integers(model, own, examples())
    assert [n.op_type for n in changed.graph.node].count("QuantizeLinear") == 1
    onnx.checker.check_model(changed)
