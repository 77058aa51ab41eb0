import pytest
import torch

from hwnas.contracts.errors import InputError
from hwnas.sharing.hypernetwork import HypernetworkSharing
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import example, own_space

SPACE = own_space()
OTHER = SPACE.architecture({**SPACE.largest, "depth": 1})


def supernet(**settings: int) -> Supernet:
    return Supernet(SPACE, HypernetworkSharing(SPACE, **settings))


def test_a_weight_hangs_on_the_whole_architecture() -> None:
    ours = supernet()
    assert not torch.equal(ours.weights(SPACE.largest)["stem.weight"], ours.weights(OTHER)["stem.weight"])


def test_where_nothing_is_said_weights_are_plainly_shared() -> None:
    ours = supernet()
    with torch.no_grad():
        for part in ("weight", "bias"):
            ours.shared[f"hyper/trunk/1.{part}"].zero_()
    for architecture in (SPACE.largest, OTHER):
        assert torch.equal(ours.weights(architecture)["stem.weight"], ours.shared["stem.weight"])


def test_what_makes_the_weights_learns() -> None:
    ours = supernet(units=2)
    ours(example(ours, 2), SPACE.largest, training=True).square().sum().backward()
    for name in ("hyper/trunk/0.weight", "hyper/trunk/1.bias", "hyper/basis/stem.weight", "stem.weight"):
        gradient = ours.parameters[name].grad
        assert gradient is not None
        assert gradient.any(), name


def test_what_is_extracted_gives_the_same_without_what_made_it() -> None:
    ours = supernet()
    x = example(ours, 2)
    with torch.no_grad():
        for architecture in (SPACE.smallest, OTHER, SPACE.largest):
            network = ours.extract(architecture)
            assert not any("hyper" in name for name, _ in network.named_parameters())
            assert torch.equal(network(x), ours(x, architecture))


def test_no_units_are_refused() -> None:
    with pytest.raises(InputError, match="units of at least 1"):
        supernet(units=0)
