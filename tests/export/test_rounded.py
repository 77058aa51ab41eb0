"""Layers in INT8 as PyTorch computes them, at the very places where the file has integers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export.rounded import rounded
from hwnas.export.scoring import outputs_of_file, rounded_there
from hwnas.export.writer import write_onnx
from hwnas.spaces._depthwise import DepthwiseConv2d
from hwnas.spaces._mixed import MixedPrecision
from tests.export.networks import TEXT, Transformer
from tests.export.test_mixed import LAYERS, SPECS, Net, examples, mixed


@pytest.mark.parametrize("layers", [LAYERS, ("inner",), ("first.0", "last"), ("head",)])
def test_it_answers_as_the_file_does_and_the_float32_network_does_not(layers: tuple[str, ...], tmp_path: Path) -> None:
    own = mixed(*layers)
    calibration, x = examples(), examples(100)[0]
    got = np.concatenate([*outputs_of_file(write_onnx(own, SPECS, tmp_path / "m.onnx"), [x])])
    as_file = rounded(own, SPECS, calibration)
    assert as_file is not None
    with torch.no_grad():
        told, plain = as_file(torch.from_numpy(x)).numpy(), own.float32(torch.from_numpy(x)).numpy()
    off = np.abs(told - got)
    assert np.median(off) < 1e-6
    assert off.mean() < 0.05 * np.abs(plain - got).mean()  # a value between two steps may fall on either side


def test_a_transformer_answers_as_its_file_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, rng = Transformer(fused=True).eval(), np.random.default_rng(0)
    calibration, x = ((rng.integers(0, 50, (n, 8)), rng.integers(0, 2, (n, 8))) for n in (50, 100))
    layers = tuple(name for name, layer in network.named_modules() if isinstance(layer, nn.Linear))
    own = MixedPrecision(network, layers, calibration, "minmax")
    got = np.concatenate([*outputs_of_file(write_onnx(own, TEXT, tmp_path / "m.onnx"), x)])
    as_file = rounded(own, TEXT, calibration)
    assert as_file is not None
    with torch.no_grad():
        told, plain = (net(*map(torch.from_numpy, x)).numpy() for net in (as_file, network))
    assert np.abs(told - got).mean() < 0.05 * np.abs(plain - got).mean()


def test_its_parameters_are_the_networks_own_and_learn_through_the_rounding() -> None:
    own = mixed(*LAYERS)
    as_file = rounded(own, SPECS, examples())
    assert as_file is not None
    before = dict(own.float32.named_parameters())
    assert {name: id(p) for name, p in as_file.named_parameters()} == {name: id(p) for name, p in before.items()}
    as_file.train()(torch.from_numpy(examples(4)[0])).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in before.values())


class Apart(nn.Module):
    """A layer whose own code calls the function of its weights, and one after a change of nothing."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.depthwise, self.rest = (
            DepthwiseConv2d(3, 3, 1),
            nn.Sequential(nn.Dropout(), nn.Flatten(), nn.Linear(192, 4)),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.rest(self.depthwise(x))
        return out


def test_layers_that_call_a_function_of_their_weights_are_rounded_too(tmp_path: Path) -> None:
    own = MixedPrecision(Apart().eval(), ("depthwise", "rest.2"), examples(), "minmax")
    got = np.concatenate([*outputs_of_file(write_onnx(own, SPECS, tmp_path / "m.onnx"), examples())])
    told = rounded_there(own, SPECS, torch.device("cpu"))
    with torch.no_grad():
        assert np.median(np.abs(told(torch.from_numpy(examples()[0])).numpy() - got)) < 1e-6


class Odd(Net):
    """Computes something that only PyTorch's exporter writes."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.fft.fft(x).real)


def test_where_nothing_tells_the_values_of_a_file_it_is_rounded_as_far_as_layers_tell() -> None:
    own = mixed("head", net=Odd())
    assert rounded(own, SPECS, examples()) is None
    assert rounded_there(own, SPECS, torch.device("cpu")) is own


class Sequences(nn.Module):
    """Linear maps around a recurrent layer, and its gates' halves."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.layer, self.last = nn.Linear(5, 8), nn.GRU(8, 12, batch_first=True), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        values, gates = self.layer(self.first(x))[0][:, -1].chunk(2, 1)
        return self.last(values * gates.sigmoid())  # type: ignore[no-any-return]


class Pictures(nn.Module):
    """Convolutions around what makes images larger, and norms of groups."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.up = nn.Conv2d(3, 8, 3, 2), nn.GroupNorm(2, 8), nn.ConvTranspose2d(8, 8, 2, 2)
        self.second, self.last = nn.Conv2d(4, 6, 3), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        one, other = self.up(self.norm(self.first(x)).relu()).split(4, 1)
        return self.last(self.second(one + other).amax((2, 3)))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("make", "shape", "layers"),
    [(Sequences, (7, 5), ("first", "last")), (Pictures, (3, 8, 8), ("first", "second", "last"))],
)
def test_networks_of_operations_that_give_several_values_answer_as_their_files_do(
    make: type[nn.Module], shape: tuple[int, ...], layers: tuple[str, ...], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network, specs = make().eval(), [InputSpec("x", shape)]
    calibration, x = (np.random.default_rng(n).normal(size=(n, *shape)).astype(np.float32) for n in (50, 100))
    own = MixedPrecision(network, layers, [calibration], "minmax")
    got = np.concatenate([*outputs_of_file(write_onnx(own, specs, tmp_path / "m.onnx"), [x])])
    as_file = rounded(own, specs, [calibration])
    assert as_file is not None
    with torch.no_grad():
        told, plain = (net(torch.from_numpy(x)).numpy() for net in (as_file, network))
    assert np.abs(told - got).mean() < 0.05 * np.abs(plain - got).mean()
