import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.sharing._building import Builder, example, run
from hwnas.supernet import Supernet

WIDTHS = [Choice("width", (4, 8))]
INPUTS = [InputSpec("x", (6,))]


class Net(nn.Module):
    """A layer, and in subclasses what constructors of real networks do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(6, width)
        self.finish()

    def finish(self) -> None:
        """More of the constructor."""

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layer(x)
        return out


class Rates(Net):
    def finish(self) -> None:
        self.rates = [rate.item() for rate in torch.linspace(0, 0.2, 3)]


class Plain(Net):
    def finish(self) -> None:
        self.scale = torch.tensor(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.scale


class FromNumpy(Net):
    def finish(self) -> None:
        self.layer.weight.data = torch.from_numpy(np.ones((self.layer.out_features, 6), np.float32))


class LooksAtItsWeights(Net):
    def finish(self) -> None:
        self.largest = float(self.layer.weight.detach().abs().max())
        self.register_buffer("mean", self.layer.weight.detach().mean())


class Moved(Net):
    def finish(self) -> None:
        self.to("cpu")


class Lazy(Net):
    def finish(self) -> None:
        self.last = nn.LazyLinear(3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(self.layer(x))
        return out


class TiedFirst(Net):
    """Two modules take one parameter that no module had before."""

    def finish(self) -> None:
        weight = nn.Parameter(torch.randn(6, 6))
        self.one, self.two = nn.Linear(6, 6), nn.Linear(6, 6)
        self.one.weight = weight
        self.two.weight = weight


def space_of(kind: type[Net]) -> SearchSpace:
    return SearchSpace(WIDTHS, build=lambda a: kind(int(a["width"])), inputs=INPUTS)


@pytest.mark.parametrize("kind", [Rates, Plain, FromNumpy, LooksAtItsWeights, Moved, Lazy, TiedFirst])
def test_whatever_a_constructor_does_its_networks_share_and_answer_alike(kind: type[Net]) -> None:
    supernet = Supernet(space_of(kind))
    x = torch.randn(2, 6)
    for architecture in (supernet.space.smallest, supernet.space.largest):
        network = supernet.extract(architecture)
        assert type(network) is kind
        assert not any(p.is_meta for p in network.parameters())
        assert torch.equal(network(x), supernet(x, architecture))


def test_ties_are_kept_by_networks_without_values() -> None:
    network = Builder(space_of(TiedFirst)).hollow(Architecture({"width": 4}))
    assert network.one.weight is network.two.weight  # type: ignore[union-attr]
    assert network.one.weight.is_meta  # type: ignore[union-attr]


def test_a_network_without_values_has_its_constants_and_leaves_the_random_state_alone() -> None:
    class Drawing(Net):
        def finish(self) -> None:
            self.register_buffer("drawn", torch.randn(3))
            self.token = nn.Parameter(torch.randn(2))

    builder = Builder(space_of(Drawing))
    state = torch.get_rng_state()
    first, second = (builder.hollow(Architecture({"width": 4}), seed=seed) for seed in (0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert first.token.is_meta  # type: ignore[union-attr]
    assert not torch.equal(first.drawn, second.drawn)  # type: ignore[arg-type]


def test_parameters_outside_are_not_touched() -> None:
    outside = nn.Linear(2, 2)

    def build(architecture: Architecture) -> nn.Module:
        network = nn.Sequential(nn.Linear(6, int(architecture["width"])))
        assert not outside.weight.is_meta
        return network

    Builder(SearchSpace(WIDTHS, build=build)).hollow(Architecture({"width": 4}))
    assert not nn.Linear(2, 2).weight.is_meta


def test_a_blank_network_has_zeros() -> None:
    network = Builder(space_of(Plain)).blank(Architecture({"width": 4}))
    assert not network(torch.ones(1, 6)).any()


def test_a_constructor_that_fails_is_refused_with_its_line() -> None:
    def build(architecture: Architecture) -> nn.Module:
        return nn.Linear(6, int(architecture["height"]))

    with pytest.raises(InputError) as caught:
        Supernet.from_builder(build, WIDTHS)
    said = str(caught.value)
    assert __file__ in said
    assert 'int(architecture["height"])' in said
    assert "KeyError: 'height'" in said
    assert "\n" not in said


def test_a_builder_that_gives_no_module_is_refused() -> None:
    with pytest.raises(InputError, match=r"should give an nn\.Module, got int"):
        Supernet.from_builder(lambda _: 3, WIDTHS)  # type: ignore[arg-type, return-value]


def test_lazy_layers_without_inputs_are_refused() -> None:
    with pytest.raises(InputError, match=r"'last\.weight' is of a lazy layer; give the inputs"):
        Supernet.from_builder(lambda a: Lazy(int(a["width"])), WIDTHS)


def test_lazy_layers_of_a_network_that_fails_name_its_line() -> None:
    class Wrong(Lazy):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x[:, :2])

    with pytest.raises(InputError, match=r"fails on inputs of \(2, 6\) at .*test_building.py"):
        Supernet(space_of(Wrong))


def test_examples_have_the_types_of_the_inputs() -> None:
    ids, images = example((InputSpec("ids", (4,), "int64", 9), InputSpec("images", (1, 2, 2))), 3)
    assert (ids.dtype, tuple(ids.shape), bool((ids < 9).all())) == (torch.int64, (3, 4), True)
    assert (images.dtype, tuple(images.shape)) == (torch.float32, (3, 1, 2, 2))


def test_a_network_that_looks_entries_up_is_told_to_be_given_whole_numbers() -> None:
    with pytest.raises(InputError, match=r"so give whole numbers \(int64\), in a command as FILE\.py:NAME of them\.$"):
        run(nn.Sequential(nn.Embedding(4, 2), nn.Linear(2, 2)), (torch.randn(2, 3),))
