"""Bits of layers as further choices of a space."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.export.architecture import write_architecture
from hwnas.pipeline.open import open_space
from hwnas.spaces._bits import INT8, PREFIX, bits_of_layers, has_bits, with_bits
from hwnas.spaces._named import named_space
from tests.small_spaces import small


@cache
def space(by: str = "layer") -> SearchSpace:
    return with_bits(small("mobilenetv3"), by)


def layers_written(of: SearchSpace, architecture: Architecture, folder: Path) -> int:
    """How many layers of its file compute in integers: their weights are restored from int8."""
    model = onnx.load(write_architecture(of, architecture, folder / "m.onnx"))
    integers = {x.name for x in model.graph.initializer if x.data_type == onnx.TensorProto.INT8 and x.dims}
    return sum(node.op_type == "DequantizeLinear" and node.input[0] in integers for node in model.graph.node)


@pytest.mark.parametrize("by", ["layer", "block"])
def test_what_is_written_has_the_bits_of_the_architecture(by: str, tmp_path: Path) -> None:
    own = space(by)
    for genome in own.sample(3, np.random.default_rng(1)):
        architecture = own.decode(genome)
        told = bits_of_layers(own, architecture)
        assert own.build is not None
        built = [n for n, m in own.build(architecture).named_modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert sorted(told) == sorted(built)
        assert layers_written(own, architecture, tmp_path) == sum(bits == INT8 for bits in told.values())


def test_the_largest_architecture_is_the_network_without_integers(tmp_path: Path) -> None:
    plain, own = small("mobilenetv3"), space()
    written = [write_architecture(s, s.largest, tmp_path / "m.onnx").read_bytes() for s in (plain, own)]
    assert written[0] == written[1]
    assert layers_written(own, own.smallest, tmp_path) == len(bits_of_layers(own, own.smallest))


def test_bits_of_layers_that_are_not_there_have_no_effect() -> None:
    own = space()
    genomes = own.sample(20, np.random.default_rng(2))
    other = genomes.copy()
    inner = len(small("mobilenetv3").choices)
    absent = ~own.active(genomes)
    absent[:, :inner] = False
    assert absent.any()
    other[absent] = 1
    np.testing.assert_array_equal(own.canonical(other), genomes)


def test_the_bytes_of_weights_are_those_of_the_file_but_for_its_graph(tmp_path: Path) -> None:
    own = with_bits(small("mobilenetv3"))
    assert own.costs is not None
    for architecture in (own.smallest, own.middle, own.largest):
        model = onnx.load(write_architecture(own, architecture, tmp_path / "m.onnx"))
        stored = sum(len(x.raw_data) for x in model.graph.initializer)
        told = own.costs(own.encode(architecture)[None])["bytes"][0]
        folded = own.costs(own.encode(architecture)[None])["params"][0] * 4 * 0.1  # batch-norm: two of some fifty
        assert told == pytest.approx(stored, abs=max(folded, 2000))


@pytest.mark.parametrize("by", ["layer", "block"])
def test_a_space_with_bits_is_made_again_from_its_name_and_parameters_without_being_found_anew(by: str) -> None:
    own = space(by)
    again = named_space(own.name, json.loads(json.dumps(own.parameters)))
    assert isinstance(again, SearchSpace)
    assert again.choices == own.choices
    genomes = own.sample(5, np.random.default_rng(3))
    assert own.features is not None
    assert again.features is not None
    np.testing.assert_array_equal(again.features(genomes), own.features(genomes))


def test_by_name_bits_are_a_setting_of_every_space() -> None:
    own = open_space("micro_cell:bits=block,ranges=percentile")
    assert has_bits(own)
    assert own.parameters["ranges"] == "percentile"
    with pytest.raises(InputError, match="What bits are chosen for is one of layer, block, all, got 'tensor'"):
        open_space("micro_cell:bits=tensor")


def test_features_tell_integers_and_borders() -> None:
    own = space()
    assert own.features is not None
    columns = own.features(own.encode_many([own.smallest, own.largest])).T
    values = dict(zip(own.feature_names, columns, strict=True))
    assert values["int8.layers"][0] == len(bits_of_layers(own, own.smallest))
    assert values["int8.borders"].tolist() == [1, 0]  # into integers once; without any, never
    assert values["int8.depthwise_macs"][0] > 0
    assert values["int8.depthwise_macs"][1] == 0


def test_a_space_without_such_layers_or_with_bits_already_is_refused() -> None:
    class Scale(nn.Module):
        def __init__(self, _: Architecture) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(4)

    none = SearchSpace([Choice("depth", (1, 2))], name="mine", build=Scale, inputs=[InputSpec("x", (4,))])
    with pytest.raises(InputError, match=r"'mine' have no convolution and no linear layer, .* search it without bits"):
        with_bits(none)
    with pytest.raises(InputError, match="has bits as choices already"):
        with_bits(space())
    with pytest.raises(InputError, match="cannot build networks, so they have no layers; give it a builder"):
        with_bits(SearchSpace([Choice("depth", (1, 2))]))


def test_a_layer_that_several_choices_decide_on_together_is_refused() -> None:
    class Either(nn.Module):
        def __init__(self, architecture: Architecture) -> None:
            super().__init__()
            self.head = nn.Linear(4, 2)
            if architecture["a"] or architecture["b"]:
                self.more = nn.Linear(2, 2)

    either = SearchSpace(
        [Choice("a", (False, True)), Choice("b", (False, True))], build=Either, inputs=[InputSpec("x", (4,))]
    )
    with pytest.raises(InputError, match=r"layer 'more' .* depends on several choices together"):
        with_bits(either)


def test_every_choice_of_bits_is_named_after_what_it_is_of() -> None:
    names = [name for name in space("block").names if name.startswith(PREFIX)]
    assert "bits.stem" in names
    assert "bits.stages.0.blocks.0" in names
    assert "bits.classifier" in names
