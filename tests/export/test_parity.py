from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.search_space import InputSpec
from hwnas.export._float64 import in_float64
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


class Scaled(nn.Module):
    """Logits times a factor, those of the last two classes masked: as for classes that a customer does not have."""

    def __init__(self, network: nn.Module, factor: float, mask: float) -> None:
        super().__init__()
        self.network, self.factor = network, factor
        self.register_buffer("mask", torch.tensor([0.0] * 8 + [mask] * 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x) * self.factor + self.mask  # type: ignore[no-any-return]


@pytest.mark.parametrize("mask", [0.0, -1e4, -1e9, -torch.inf])
@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_a_file_of_another_network_is_refused_at_every_scale(factor: float, mask: float, tmp_path: Path) -> None:
    right, wrong = (Scaled(inverted_residual([(8, 3, 3, 1, nn.ReLU, True)], seed), factor, mask) for seed in (0, 1))
    if factor >= 1 or abs(mask) < 1e4 or mask == -torch.inf:
        assert prove(right, write_onnx(right, IMAGE, tmp_path / "right.onnx"), [EXAMPLES]).top1_agreement == 1
    with pytest.raises(PromiseError, match="does not compute what the network computes"):
        prove(right, write_onnx(wrong, IMAGE, tmp_path / "wrong.onnx"), [EXAMPLES])


class Cancelling(nn.Module):
    """Small differences of large numbers, as in pretrained networks with batch-norms of tiny variance.

    PyTorch sums up halves and quarters without error; folded into the batch-norm they are halves and quarters no more.
    """

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset, self.conv, self.norm = offset, nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 10)
        with torch.no_grad():
            self.conv.weight.copy_(
                torch.tensor([[1, 2, -3], [3, -1, -2], [-2, 5, -3], [1, 1, -2]]).view(4, 3, 1, 1) / 4
            )
            self.norm.running_var.copy_(torch.tensor([0.1, 0.3, 0.7, 1.3]))  # type: ignore[operator]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.norm(self.conv(x + self.offset))).mean((2, 3)))  # type: ignore[no-any-return]


def test_an_honest_file_less_exact_than_pytorch_is_equal_where_rounding_explains_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Cancelling(30000).eval()
    parity = prove(network, write_onnx(network, IMAGE, tmp_path / "m.onnx"), [EXAMPLES])
    with torch.no_grad():
        largest = float(network(torch.from_numpy(EXAMPLES)).abs().max())
    assert parity.max_abs_diff > 1e-4 * largest  # a fixed share of the largest logit would have refused it
    assert parity.file_error > 2 * parity.network_error
    assert parity.explained >= parity.file_error
    assert parity.top1_agreement == 1


def test_one_wrong_example_among_many_is_found(tmp_path: Path) -> None:
    network, unclamped = (
        nn.Sequential(*layers, nn.Flatten(), nn.Linear(768, 4)) for layers in ([nn.ReLU6()], [nn.ReLU()])
    )
    unclamped.load_state_dict({f"2.{key}": value for key, value in network[2].state_dict().items()})
    path = write_onnx(unclamped, IMAGE, tmp_path / "m.onnx")
    many = np.resize(EXAMPLES, (100, *EXAMPLES.shape[1:]))
    prove(network, path, [many])
    many[57, 0, 0, 0] = 7.0
    with pytest.raises(PromiseError, match="of 100 examples one has an output"):
        prove(network, path, [many])


def test_the_three_figures_are_the_files_pytorchs_and_what_rounding_explains(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(768, 4))
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    with torch.no_grad():
        network[1].bias[2] += 0.5
    figures = r"0\.5 away from the network in float64, where PyTorch in float32 is \S+e-0[78] away and .* \S+e-0[56]"
    with pytest.raises(PromiseError, match=figures):
        prove(network, path, [EXAMPLES])


@pytest.mark.parametrize("classes", [1, 10])
def test_nothing_is_proved_where_rounding_hides_what_the_network_computes(classes: int, tmp_path: Path) -> None:
    network = Shifted(classes)
    with pytest.raises(PromiseError, match="cannot be told: float32 arithmetic moves its outputs"):
        prove(network, write_onnx(network, IMAGE, tmp_path / "m.onnx"), [EXAMPLES])


class Shifted(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.head = nn.Linear(768, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x.flatten(1)) + 1e9  # type: ignore[no-any-return]


class PerPixel(nn.Module):
    """Logits ``(n, classes, height, width)``; large numbers that all classes of a row have in common."""

    def __init__(self, common: float) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 5, 1)
        self.register_buffer("rows", torch.arange(16.0)[:, None] * common)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x) + self.rows  # type: ignore[no-any-return]


def test_classes_of_every_place_of_an_output_compete_with_one_another_and_not_with_other_places(tmp_path: Path) -> None:
    honest, hidden = PerPixel(1.0), PerPixel(1e9)
    parity = prove(honest, write_onnx(honest, IMAGE, tmp_path / "m.onnx"), [EXAMPLES])
    assert parity.top1_agreement == 1.0
    assert prove(honest, tmp_path / "m.onnx", [EXAMPLES], class_axis=None).top1_agreement is None
    with pytest.raises(PromiseError, match="cannot be told: float32 arithmetic moves its outputs"):
        prove(hidden, write_onnx(hidden, IMAGE, tmp_path / "hidden.onnx"), [EXAMPLES])
    with torch.no_grad():
        honest.head.bias += torch.arange(5.0).flip(0)
    with pytest.raises(PromiseError, match=r"the top class agrees on [0-9.]+%"):
        prove(honest, tmp_path / "m.onnx", [EXAMPLES])


class OnlyFloat32(nn.Module):
    """Refuses any other type, as a kernel of one's own may."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(768, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.jit.is_tracing() and x.dtype != torch.float32:
            raise TypeError("expected float32")
        return self.head(x.flatten(1))  # type: ignore[no-any-return]


def test_a_network_that_knows_no_float64_is_held_against_float32(tmp_path: Path) -> None:
    network = OnlyFloat32()
    path = write_onnx(network.head, (InputSpec("x", (768,)),), tmp_path / "m.onnx")
    flat = EXAMPLES.reshape(len(EXAMPLES), -1)
    assert prove(network, path, [flat]).network_error == 0
    with torch.no_grad():
        network.head.bias[0] += 0.01
    with pytest.raises(PromiseError, match="in float32, as float64 fails"):
        prove(network, path, [flat])


def test_what_the_network_casts_to_float32_is_float64_in_the_reference() -> None:
    class Casts(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = x.to(torch.float32) + torch.zeros(x.shape, dtype=torch.float32) + torch.full((1,), 0.1)
            return torch.softmax(y.float(), -1, dtype=torch.float32)

    x = torch.randn(3, 5)
    got = in_float64(Casts(), [x])
    assert got.dtype == torch.float64
    torch.testing.assert_close(got, torch.softmax(x.double() + 0.1, -1), rtol=0, atol=1e-15)


@pytest.mark.parametrize("which", [0, -1])
def test_a_tampered_weight_breaks_the_promise_with_the_numbers(network: nn.Module, which: int, tmp_path: Path) -> None:
    path = write_onnx(network, IMAGE, tmp_path / "m.onnx")
    model = onnx.load(path)
    weights = [x for x in model.graph.initializer if x.name.endswith(".weight")]
    changed = numpy_helper.to_array(weights[which]).copy()
    changed.flat[0] += 0.1
    weights[which].CopyFrom(numpy_helper.from_array(changed, weights[which].name))
    onnx.save(model, path)
    with pytest.raises(PromiseError, match="of 13 examples one has an output"):
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
    with pytest.raises(InputError, match="does not run on"):
        prove(nn.Sequential(nn.Flatten(), nn.Linear(12, 10)), path, [EXAMPLES[:, :, :2, :2]])
    with pytest.raises(InputError, match="does not run on"):
        prove(network, tmp_path / "none.onnx", [EXAMPLES])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="does not run on"):
        prove(network, path, [EXAMPLES])
