"""What a space says to the file of an architecture reaches every file."""

from pathlib import Path

import onnx
import pytest
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import Calibration, InputSpec, SearchSpace
from hwnas.export.architecture import write_architecture

CHOICES = [Choice("width", (2, 3))]


def build(architecture: Architecture) -> nn.Module:
    return nn.Linear(4, int(architecture["width"]))


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_a_space_lowers_what_is_written_and_by_default_writes_the_network(tmp_path: Path) -> None:
    def lower(architecture: Architecture, network: nn.Module, _: Calibration) -> nn.Module:
        return nn.Sequential(network, nn.ReLU()) if architecture["width"] == 3 else network

    inputs = [InputSpec("x", (4,))]
    plain, lowered = (
        SearchSpace(CHOICES, build=build, inputs=inputs),
        SearchSpace(CHOICES, build=build, inputs=inputs, lower=lower),
    )
    for space, found in ((plain, ["Gemm"]), (lowered, ["Gemm", "Relu"])):
        assert operators(write_architecture(space, space.largest, tmp_path / "m.onnx")) == found
        assert operators(write_architecture(space, space.smallest, tmp_path / "m.onnx")) == ["Gemm"]
    own = build(lowered.largest)
    assert operators(write_architecture(lowered, lowered.largest, tmp_path / "m.onnx", own)) == ["Gemm", "Relu"]


def test_a_space_without_a_builder_or_a_relaxed_network_says_so(tmp_path: Path) -> None:
    space = SearchSpace(CHOICES, name="mine")
    with pytest.raises(InputError, match="cannot build networks"):
        write_architecture(space, space.largest, tmp_path / "m.onnx")
    with pytest.raises(InputError, match="Space 'mine' has no network of all its operations; give it `relax`"):
        space.relax()
    gated = nn.Identity()
    assert SearchSpace(CHOICES, relax=lambda: gated).relax() is gated


def test_a_builder_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    def fails(architecture: Architecture) -> nn.Module:
        return nn.Linear(4, -int(architecture["width"]))

    space = SearchSpace(CHOICES, build=fails, inputs=[InputSpec("x", (4,))])
    with pytest.raises(
        InputError, match=r'fails for {"width":3} at .*, line \d+ \(return nn.Linear.*\): RuntimeError: '
    ):
        write_architecture(space, space.largest, tmp_path / "m.onnx")
