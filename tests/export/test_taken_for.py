from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from hwnas.contracts.search_space import InputSpec
from hwnas.export._operators import MODULES
from hwnas.export._taken_for import base_in_table
from hwnas.export.writer import quick_bytes

Change = Callable[[type[nn.Module]], nn.Module]


def made(kind: type[nn.Module]) -> nn.Module:
    """An instance of any layer of the table, whatever sizes it asks for."""
    for arguments in ((), (3,), (3, 3), (3, 3, 1), (1, (3, 1))):
        try:
            return kind(*arguments).eval()
        except TypeError:
            continue
    raise AssertionError(f"{kind} takes other arguments")


def own_forward(kind: type[nn.Module]) -> nn.Module:
    return made(type("Own", (kind,), {"forward": lambda self, x: kind.forward(self, x) * 2}))


def own_call(kind: type[nn.Module]) -> nn.Module:
    return made(type("Own", (kind,), {"__call__": lambda self, x: kind.__call__(self, x) * 2}))


def own_lookup(kind: type[nn.Module]) -> nn.Module:
    return made(type("Own", (kind,), {"__getattr__": nn.Module.__getattr__}))


def a_property(kind: type[nn.Module]) -> nn.Module:
    layer = made(kind)
    layer.__class__ = type("Own", (kind,), {"stride": property(lambda _: 2)})
    return layer


def patched(kind: type[nn.Module]) -> nn.Module:
    layer = made(kind)
    layer.forward = lambda x: x * 2  # type: ignore[method-assign]
    return layer


def hooked(kind: type[nn.Module]) -> nn.Module:
    layer = made(kind)
    layer.register_forward_hook(lambda _m, _x, y: y * 2)
    return layer


def hooked_before(kind: type[nn.Module]) -> nn.Module:
    layer = made(kind)
    layer.register_forward_pre_hook(lambda _m, xs: (xs[0] * 2,))
    return layer


@pytest.mark.parametrize("change", [own_forward, own_call, own_lookup, a_property, patched, hooked, hooked_before])
@pytest.mark.parametrize("kind", MODULES)
def test_a_layer_with_a_mind_of_its_own_is_never_taken_for_one_of_the_table(
    kind: type[nn.Module], change: Change
) -> None:
    assert base_in_table(change(kind)) is None


@pytest.mark.parametrize("kind", MODULES)
def test_a_class_with_a_constructor_and_helpers_of_its_own_is_its_base(kind: type[nn.Module]) -> None:
    def construct(self: nn.Module, *arguments: object) -> None:
        kind.__init__(self, *arguments)
        self.note = "mine"  # type: ignore[assignment]

    named = {"__init__": construct, "describe": lambda _: "a helper", "extra_repr": lambda _: "", "version": 3}
    assert base_in_table(made(type("Same", (kind,), named))) is kind


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.Linear, nn.BatchNorm2d])
def test_a_parametrized_layer_and_tensors_of_another_kind_are_not_taken_for_it(kind: type[nn.Module]) -> None:
    layer = made(kind)
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert base_in_table(layer) is None
    layer = made(kind)
    layer.weight = nn.Parameter(layer.weight.detach().as_subclass(type("Own", (Tensor,), {})))  # type: ignore[operator]
    assert base_in_table(layer) is None


@pytest.fixture
def hook_on_every_layer() -> Iterator[None]:
    handle = nn.modules.module.register_module_forward_hook(lambda _m, _x, y: y + 1)
    yield
    handle.remove()


@pytest.mark.usefixtures("hook_on_every_layer")
def test_hooks_on_every_layer_are_left_to_the_stock_exporter() -> None:
    assert quick_bytes(nn.Sequential(nn.Linear(3, 3)), (InputSpec("x", (3,)),)) is None


def test_a_hook_on_the_whole_network_is_left_to_the_stock_exporter() -> None:
    network = nn.Sequential(nn.Linear(3, 3))
    assert quick_bytes(network, (InputSpec("x", (3,)),)) is not None
    network.register_forward_hook(lambda _m, _x, y: y + 1)
    assert quick_bytes(network, (InputSpec("x", (3,)),)) is None


def test_a_wrong_list_of_operations_is_found_beside_masked_classes() -> None:
    """An in-place change seen elsewhere, which the walk over copies does not see, with a class masked by -1e9."""

    class InPlace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mask", torch.tensor([0.0, 0.0, -1e9]))

        def forward(self, x: Tensor) -> Tensor:
            y = x + 1
            return y.view(-1, 3).relu_() + y + self.mask  # type: ignore[no-any-return]

    assert quick_bytes(InPlace(), (InputSpec("x", (3,)),)) is None
