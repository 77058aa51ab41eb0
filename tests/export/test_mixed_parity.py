"""Proof of files with layers in integers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.mixed_parity import prove_mixed
from hwnas.export.writer import write_onnx
from hwnas.spaces._mixed import MixedPrecision

SPECS = [InputSpec("x", (6,))]


def examples(n: int = 64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)


class Net(nn.Module):
    """Two layers; the second one may be given values far out beside the others."""

    def __init__(self, *, far: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)
        with torch.no_grad():
            if far:
                self.first.weight[0] = 0
                self.first.bias[0] = 1e6
                self.second.weight[:, 0] = 0

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x))
        return out


def test_the_float32_network_is_proved_and_the_integers_are_compared_with_it(tmp_path: Path) -> None:
    own = MixedPrecision(Net().eval(), ("first", "second"), [examples()], "minmax")
    path = write_onnx(own, SPECS, tmp_path / "m.onnx")
    proof = prove_mixed(own, SPECS, path, [examples()])
    assert 1e-4 < proof.max_abs_diff < 0.1
    assert proof.top1_agreement is not None
    assert proof.top1_agreement > 0.9
    assert proof.file_error < 1e-5  # of the float32 file


def test_a_layer_that_makes_all_outputs_the_same_is_named(tmp_path: Path) -> None:
    own = MixedPrecision(Net(far=True).eval(), ("first", "second"), [examples()], "minmax")
    path = write_onnx(own, SPECS, tmp_path / "m.onnx")
    with pytest.raises(InputError, match="Layer 'second' in INT8 makes the outputs of all examples the same"):
        prove_mixed(own, SPECS, path, [examples()])
