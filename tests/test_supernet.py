"""Corners of supernets that not every family of networks has."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import own_cnn
from tests.families import mobilenetv3
from tests.small_spaces import SMALL

WIDTHS = [Choice("width", (2, 4))]


class Tied(nn.Module):
    """Embeds numbers and scores them with the same weights; counts with a buffer that is not saved."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, width)
        self.score = nn.Linear(width, 5, bias=False)
        self.score.weight = self.embed.weight
        self.register_buffer("positions", torch.arange(width), persistent=False)
        self.register_buffer("absent", None, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        out: Tensor = self.score(self.embed(ids) + self.positions)
        return out


@pytest.mark.parametrize(("most", "kept"), [(10_000, True), (1, False)])
def test_networks_are_kept_as_long_as_all_together_are_small(
    monkeypatch: pytest.MonkeyPatch, *, most: int, kept: bool
) -> None:
    monkeypatch.setattr("hwnas.supernet._CACHED_MODULES", most)
    supernet = own_cnn()
    of_all = [supernet.space.decode(np.array(genome)) for genome in np.ndindex(*supernet.space.sizes)]
    networks = [supernet.network(architecture) for architecture in of_all]
    assert (supernet.network(of_all[0]) is networks[0]) == kept


def test_tied_weights_stay_one_tensor_and_unsaved_buffers_keep_their_values() -> None:
    supernet = Supernet.from_builder(lambda a: Tied(int(a["width"])), WIDTHS)
    assert list(supernet.parameters) == ["embed.weight"]
    ids = torch.arange(5)
    for architecture in (supernet.space.smallest, supernet.space.largest):
        network = supernet.extract(architecture)
        assert network.score.weight is network.embed.weight  # type: ignore[union-attr]
        assert torch.equal(network(ids), supernet(ids, architecture))
        assert torch.equal(network.positions, torch.arange(int(architecture["width"])))  # type: ignore[arg-type]


def test_what_is_extracted_can_be_trained_on_and_what_its_constructor_froze_stays_frozen() -> None:
    def build(architecture: Architecture) -> nn.Module:
        return nn.Sequential(nn.Linear(3, int(architecture["width"])).requires_grad_(requires_grad=False), nn.ReLU())

    learning = Supernet.from_builder(lambda a: Tied(int(a["width"])), WIDTHS)
    network = learning.extract(learning.space.smallest)
    network(torch.arange(5)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(tensor.grad is None for tensor in learning.parameters.values())
    frozen = Supernet.from_builder(build, WIDTHS)
    assert not any(p.requires_grad for p in frozen.extract(frozen.space.largest).parameters())


def _either(architecture: Architecture) -> nn.Module:
    if architecture["kind"] == "plain":
        return nn.Linear(3, 2)
    network = nn.Sequential()
    layer = nn.Linear(3, 2) if architecture["inner"] == "one" else nn.Bilinear(3, 3, 2)
    network.add_module(str(architecture["inner"]), layer)
    return network


def test_tensors_behind_choices_that_the_largest_architecture_lacks_are_found() -> None:
    choices = [
        Choice("kind", ("nested", "plain"), ordered=False),
        Choice("inner", ("one", "two"), active_if={"kind": ("nested",)}, ordered=False),
    ]
    supernet = Supernet.from_builder(_either, choices)
    assert sorted(supernet.shared) == ["bias", "one.bias", "one.weight", "two.bias", "two.weight", "weight"]


def test_options_in_no_order_are_found_all_the_same() -> None:
    choices = [Choice("width", (4, 2, 3), ordered=False)]
    supernet = Supernet.from_builder(lambda a: nn.Linear(3, int(a["width"])), choices)
    for width in (2, 3, 4):
        assert supernet(torch.ones(1, 3), supernet.space.architecture({"width": width})).shape == (1, width)


def test_a_tensor_that_only_a_combination_reaches_is_found_or_named() -> None:
    def build(architecture: Architecture) -> nn.Module:
        both = architecture["a"] == architecture["b"] == 1
        return nn.Linear(3, 8 if both else 2)

    supernet = Supernet.from_builder(build, [Choice("a", (1, 2)), Choice("b", (1, 2))])
    assert supernet(torch.ones(1, 3), supernet.space.smallest).shape == (1, 8)

    def rare(architecture: Architecture) -> nn.Module:
        return nn.Linear(3, 8 if architecture["a"] == architecture["b"] == 500 else 2)

    many = Supernet.from_builder(rare, [Choice(name, tuple(range(490, 520))) for name in "ab"])
    with pytest.raises(InputError, match=r"'weight' should reach \(8, 3\), the shared one has \(2, 3\)"):
        many(torch.ones(1, 3), many.space.architecture({"a": 500, "b": 500}))


def test_one_name_for_tensors_of_different_dimensions_is_refused() -> None:
    with pytest.raises(InputError, match="give tensors with a different number of dimensions different names"):
        Supernet.from_builder(
            lambda a: nn.Linear(2, 2) if a["kind"] == 1 else nn.Bilinear(2, 2, 2), [Choice("kind", (1, 2))]
        )


def test_a_space_that_cannot_build_is_refused() -> None:
    with pytest.raises(InputError, match="give it a build function"):
        Supernet(SearchSpace(WIDTHS))


def test_values_beyond_the_network_a_tensor_came_from_have_its_mean_and_spread() -> None:
    def build(architecture: Architecture) -> nn.Module:
        layer = nn.Linear(50, 400 if architecture["width"] == 1 else 20)
        nn.init.normal_(layer.weight, 3.0, 0.1)
        return layer

    grown = Supernet.from_builder(build, [Choice("width", (1, 2), ordered=False)]).shared["weight"][20:]
    assert abs(float(grown.detach().mean()) - 3.0) < 0.05
    assert abs(float(grown.detach().std()) - 0.1) < 0.02


def test_a_parameter_that_the_constructor_freezes_is_not_trained() -> None:
    def build(architecture: Architecture) -> nn.Module:
        layer = nn.Linear(5, int(architecture["width"]))
        layer.weight.requires_grad_(requires_grad=False)
        return layer

    supernet = Supernet.from_builder(build, WIDTHS)
    assert list(supernet.parameters) == ["bias"]
    assert supernet.buffers == {"weight"}


@pytest.mark.parametrize("width", [10**9, 10**12])
def test_widths_that_no_memory_holds_are_refused_in_one_sentence(width: int) -> None:
    with pytest.raises(InputError, match=r"values|memory") as caught:
        Supernet.from_builder(lambda a: nn.Linear(16, int(a["width"])), [Choice("width", (4, width))])
    assert "\n" not in str(caught.value)


def test_an_input_on_another_device_than_the_weights_is_refused_in_one_sentence() -> None:
    supernet = own_cnn()
    with pytest.raises(InputError, match="The weights are on cpu, got an input on meta"):
        supernet(torch.ones(1, 1, 8, 8, device="meta"), supernet.space.smallest)


def test_inputs_may_be_a_list_and_what_is_no_architecture_is_refused() -> None:
    supernet, images = own_cnn(), torch.ones(1, 1, 8, 8)
    assert torch.equal(supernet([images], supernet.space.smallest), supernet(images, supernet.space.smallest))
    genome = supernet.space.encode(supernet.space.smallest)
    with pytest.raises(InputError, match=r"built of an Architecture of their space, got .*space\.decode"):
        supernet.extract(genome)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"built of an Architecture .*space\.architecture"):
        supernet.extract(dict(supernet.space.smallest))  # type: ignore[arg-type]


def test_a_plain_dict_is_refused_also_where_the_builder_would_take_it() -> None:
    choices = [Choice("width", (4, 8))]
    supernet = Supernet.from_builder(lambda a: nn.Linear(3, a["width"]), choices, [InputSpec("x", (3,))])
    for use in (supernet.extract, supernet.weights, supernet.network, lambda a: supernet(torch.ones(1, 3), a)):
        with pytest.raises(InputError, match=r"got .*'width': 4.*space\.architecture"):
            use({"width": 4})  # type: ignore[arg-type]


def test_tensors_taken_up_later_keep_what_is_trained() -> None:
    supernet = own_cnn()
    supernet.adopt({"stem.weight": nn.Parameter(torch.ones(6, 1, 3, 3)), "mask": torch.ones(2)})
    assert list(supernet.parameters) == ["stem.weight"]
    assert supernet.buffers == {"mask"}


def test_a_built_in_space_is_found_by_the_name_in_its_checkpoint(tmp_path: Path) -> None:
    supernet = mobilenetv3()
    supernet.save(tmp_path)
    assert Supernet.load(tmp_path).space.parameters == supernet.space.parameters
    assert json.loads((tmp_path / "supernet.json").read_text())["space"]["name"] == "mobilenetv3"


def test_the_same_family_with_other_parameters_is_refused(tmp_path: Path) -> None:
    from hwnas.spaces.mobilenetv3 import mobilenetv3 as make

    mobilenetv3().save(tmp_path)
    with pytest.raises(InputError, match="other parameters"):
        Supernet.load(tmp_path, make(**{**SMALL["mobilenetv3"], "classes": 2}))


def test_a_space_of_ones_own_has_to_be_given(tmp_path: Path) -> None:
    own_cnn().save(str(tmp_path))
    with pytest.raises(InputError) as caught:
        Supernet.load(tmp_path)
    assert "space" in str(caught.value)
