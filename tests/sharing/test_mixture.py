import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.sharing.mixture import MixtureSharing, Mode
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_cnn
from tests.families import bert

SPACE = SearchSpace(
    [Choice("width", (2, 3, 6)), Choice("act", ("relu", "gelu"), ordered=False)],
    build=lambda a: nn.Sequential(
        nn.Linear(4, int(a["width"])), nn.ReLU() if a["act"] == "relu" else nn.GELU(), nn.Linear(int(a["width"]), 3)
    ),
    inputs=[InputSpec("x", (4,))],
)
MIDDLE = SPACE.architecture({"width": 3, "act": "gelu"})
every_mode = pytest.mark.parametrize("mode", ["layer", "neuron"])


def supernet_of(mode: Mode = "layer", experts: int = 3, **settings: object) -> Supernet:
    return Supernet(SPACE, MixtureSharing(SPACE, experts=experts, mode=mode, **settings))  # type: ignore[arg-type]


def numpy_of(supernet: Supernet) -> dict[str, np.ndarray]:
    return {name: tensor.detach().double().numpy() for name, tensor in supernet.shared.items()}


def by_hand(supernet: Supernet, seen: list[float], module: str, mode: str, rows: int) -> np.ndarray:
    """The proportions of the equations of the paper, ``(rows or 1, experts)``."""
    t = numpy_of(supernet)
    v1, c1, v2, c2 = (t[f"router/{module}/{n}.{what}"] for n in (0, 1) for what in ("weight", "bias"))
    hidden = np.maximum(v1.reshape(128, -1) @ np.array(seen) + c1, 0)
    scores = (v2.reshape(-1, 128) @ hidden + c2).reshape(-1, 3)[: rows if mode == "neuron" else 1]
    exp = np.exp(scores)
    return np.asarray(exp / exp.sum(1, keepdims=True))


@every_mode
def test_weights_are_the_mixture_of_the_slices_of_all_experts(mode: Mode) -> None:
    supernet = supernet_of(mode)
    parts = by_hand(supernet, [0.25, 0.0, 1.0], "0", mode, rows=3)  # (3 - 2) / (6 - 2); gelu is the second option
    t, found = numpy_of(supernet), supernet.weights(MIDDLE)
    experts = [t[f"{start}0.weight"][:3] for start in ("", "expert.1/", "expert.2/")]
    biases = [t[f"{start}0.bias"][:3] for start in ("", "expert.1/", "expert.2/")]
    expected = sum(parts[:, [e]] * w for e, w in enumerate(experts))
    np.testing.assert_allclose(found["0.weight"].detach(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        found["0.bias"].detach(), sum(parts[:, e] * b for e, b in enumerate(biases)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("family", [own_cnn, bert])
def test_one_expert_is_plain_sharing_to_the_bit(family) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    plain = family()
    one = Supernet(plain.space, MixtureSharing(plain.space, experts=1))
    assert one.shared.keys() == plain.shared.keys()
    for architecture in (plain.space.smallest, plain.space.largest):
        expected, found = plain.weights(architecture), one.weights(architecture)
        assert all(torch.equal(found[name], expected[name]) for name in expected)


@every_mode
@pytest.mark.parametrize("family", [own_cnn, bert])
def test_the_extracted_network_answers_like_the_routed_one_to_the_bit(family, mode: Mode) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    space = family().space
    supernet = Supernet(space, MixtureSharing(space, mode=mode))
    x = example(supernet, 2)
    with torch.no_grad():
        for architecture in (space.smallest, space.middle, space.largest):
            assert torch.equal(supernet.extract(architecture)(x), supernet(x, architecture))


@every_mode
def test_experts_and_routers_learn(mode: Mode) -> None:
    supernet = supernet_of(mode)
    supernet(torch.randn(5, 4), MIDDLE).square().sum().backward()
    for name in ("0.weight", "expert.2/0.weight", "expert.1/2.bias", "router/0/0.weight", "router/2/1.bias"):
        gradient = supernet.shared[name].grad
        assert gradient is not None
        assert gradient.any(), name


def permuted(tensors: dict[str, Tensor], order: list[int]) -> dict[str, Tensor]:
    """The same mixture with its experts, and the router's rows for them, in another order."""
    starts = ["", "expert.1/", "expert.2/"]
    changed = dict(tensors)
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        for place, source in enumerate(order):
            changed[starts[place] + name] = tensors[starts[source] + name]
    for name, tensor in tensors.items():
        if "/1." in name and name.startswith("router/"):
            columns = 128 if name.endswith("weight") else 1
            changed[name] = tensor.detach().view(-1, 3, columns)[:, order].flatten()
    return changed


@every_mode
def test_experts_in_another_order_are_the_same_mixture(mode: Mode) -> None:
    supernet = supernet_of(mode)
    other = Supernet(SPACE, supernet.sharing, permuted(supernet.shared, [2, 0, 1]))
    x = torch.randn(4, 4)
    with torch.no_grad():
        torch.testing.assert_close(other(x, MIDDLE), supernet(x, MIDDLE))


@every_mode
def test_proportions_hang_on_the_architecture_unless_they_are_the_control(mode: Mode) -> None:
    for constant in (False, True):
        supernet = supernet_of(mode, constant=constant)
        scheme = supernet.sharing
        assert isinstance(scheme, MixtureSharing)
        seen = [scheme._seen(architecture) for architecture in (SPACE.smallest, SPACE.largest)]
        smallest, largest = (scheme._proportions(supernet.shared, "2", s) for s in seen)
        assert torch.equal(smallest, largest) == constant
        torch.testing.assert_close(smallest.sum(1), torch.ones(len(smallest)))


def test_no_tensor_of_a_router_is_a_matrix_that_would_decay() -> None:
    routers = [t for name, t in supernet_of().shared.items() if name.startswith("router/")]
    assert routers
    assert {t.ndim for t in routers} == {1}


def test_only_modules_that_are_named_have_experts() -> None:
    shared = supernet_of(modules=["2"]).shared
    assert {name for name in shared if "/" in name and not name.startswith("router/")} == {
        f"expert.{e}/2.{what}" for e in (1, 2) for what in ("weight", "bias")
    }


def test_settings_that_make_no_mixture_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 expert, got 0"):
        MixtureSharing(SPACE, experts=0)
    with pytest.raises(InputError, match="mode of a mixture is one of"):
        MixtureSharing(SPACE, mode="layers")  # type: ignore[arg-type]


def test_a_module_without_rows_of_neurons_is_refused_by_neuron_and_mixed_by_layer() -> None:
    def build(a: Architecture) -> nn.Module:
        return nn.ConvTranspose2d(2, int(a["width"]), 3)

    space = SearchSpace([Choice("width", (3, 4))], build=build, inputs=[InputSpec("x", (2, 4, 4))])
    wrapped = SearchSpace(space.choices, build=lambda a: nn.Sequential(build(a)), inputs=space.inputs)
    with pytest.raises(InputError, match="Module '0' has another number of biases"):
        Supernet(wrapped, MixtureSharing(wrapped, mode="neuron"))
    Supernet(wrapped, MixtureSharing(wrapped, mode="layer")).extract(wrapped.smallest)
