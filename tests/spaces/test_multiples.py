"""A space kept to the widths a device likes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.pipeline.open import open_space
from hwnas.spaces._multiples import keep_to_multiples
from hwnas.spaces.mobilenetv3_grey28 import mobilenetv3_grey28
from hwnas.supernet import Supernet
from tests.small_spaces import small


class Net(nn.Module):
    """Two layers whose widths are chosen, the second one's as a factor, or left out; a kernel, and a bottleneck."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width, kernel = int(architecture["width"]), int(architecture["kernel"])
        inner = width * int(architecture.get("factor") or 1)
        self.first = nn.Conv2d(3, width, kernel, padding="same")
        self.second = nn.Conv2d(width, inner, 1) if architecture["deep"] else nn.Identity()
        self.head = nn.Linear(inner, 10)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.second(self.first(x)).mean((2, 3)))
        return out


def own() -> SearchSpace:
    """Widths of every kind of remainder; costs that name them."""
    choices = [
        Choice("width", (8, 12, 16, 24, 32, 36, 48)),
        Choice("kernel", (1, 3, 5)),
        Choice("deep", (False, True)),
        Choice("factor", (1, 2, 3), active_if={"deep": (True,)}),
    ]
    widths = np.array([float(str(option)) for option in choices[0].options])
    return SearchSpace(
        choices, build=Net, inputs=[InputSpec("x", (3, 8, 8))],
        costs=lambda genomes: {"macs": widths[genomes[:, 0]], "params": widths[genomes[:, 0]]},
        features=lambda genomes: widths[genomes[:, :1]], feature_names=["width"],
    )  # fmt: skip


def test_only_widths_are_restricted_and_only_to_multiples() -> None:
    kept = keep_to_multiples(own(), 16)
    options = {choice.name: choice.options for choice in kept.choices}
    assert options == {"width": (16, 32, 48), "kernel": (1, 3, 5), "deep": (False, True), "factor": (1, 2, 3)}
    assert kept.parameters == {"multiple_of": 16}
    assert keep_to_multiples(own(), 1).digest == own().digest


def test_its_architectures_costs_and_features_are_those_of_the_whole_space() -> None:
    whole, kept = own(), keep_to_multiples(own(), 16)
    genomes = kept.sample(50, np.random.default_rng(0))
    architectures = [kept.decode(genome) for genome in genomes]
    same = np.stack([whole.encode(architecture) for architecture in architectures])
    assert [whole.decode(genome) for genome in same] == architectures
    assert kept.costs is not None
    assert kept.features is not None
    assert kept.costs(genomes)["macs"].tolist() == [float(str(a["width"])) for a in architectures]
    assert kept.features(genomes)[:, 0].tolist() == kept.costs(genomes)["macs"].tolist()


def test_every_expansion_of_a_built_in_space_is_a_multiple() -> None:
    kept = open_space("mobilenetv3_grey28:multiple_of=16")
    assert kept.count() < mobilenetv3_grey28().count()
    assert kept.build is not None
    for genome in kept.sample(10, np.random.default_rng(0)):
        with torch.device("meta"):
            network = kept.build(kept.decode(genome))
        widths = {
            name: module.out_channels
            for name, module in network.named_modules()
            if isinstance(module, nn.Conv2d) and "expand" in name
        }
        assert widths
        assert not {name: width for name, width in widths.items() if width % 16}


def test_a_supernet_of_it_comes_back_from_its_folder_with_the_same_space(tmp_path: Path) -> None:
    kept = keep_to_multiples(small("mobilenetv3"), 4)
    assert kept.count() < small("mobilenetv3").count()
    Supernet(kept).save(tmp_path)
    again = Supernet.load(tmp_path).space
    assert (again.digest, again.parameters) == (kept.digest, kept.parameters)
    assert again.parameters["multiple_of"] == 4


def test_a_choice_that_only_a_dropped_option_switches_on_goes_too() -> None:
    choices = [Choice("width", (12, 16)), Choice("extra", (1, 2), active_if={"width": (12,)})]
    space = SearchSpace(choices, build=lambda a: nn.Linear(4, int(a["width"])))
    kept = keep_to_multiples(space, 8)
    assert kept.names == ("width",)
    assert kept.largest == space.architecture({"width": 16})


def test_what_cannot_be_kept_is_refused_in_words() -> None:
    with pytest.raises(InputError, match=r"'width' of space 'custom' has no option .* multiples of 64: 8 gives 8"):
        keep_to_multiples(own(), 64)
    for wrong in (0, True, "16", 1.5):
        with pytest.raises(InputError, match="whole number above 0"):
            keep_to_multiples(own(), wrong)
    with pytest.raises(InputError, match="cannot build"):
        keep_to_multiples(SearchSpace([Choice("width", (8, 16))]), 8)


def test_a_constructor_that_looks_at_its_own_values_is_kept_to_multiples_too() -> None:
    def build(architecture: Architecture) -> nn.Module:
        layer = nn.Linear(3, int(architecture["width"]))
        layer.bound = float(layer.weight.detach().abs().max())  # type: ignore[assignment]  # an attribute of its own
        return layer

    space = SearchSpace([Choice("width", (8, 12, 16))], build=build)
    assert keep_to_multiples(space, 8).choices[0].options == (8, 16)
