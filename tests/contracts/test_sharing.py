"""What every weight-sharing scheme must keep, run over all that are found."""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.sharing import SharingScheme
from hwnas.sharing._named import named_sharing
from hwnas.supernet import Supernet
from tests.drawn import architectures
from tests.families import OwnCnn, example, own_cnn, randomise

NAMES = names("sharing")
every_scheme = pytest.mark.parametrize("name", NAMES)
SPACE = own_cnn().space


@cache
def supernet_of(name: str) -> Supernet:
    scheme = find("sharing", name)(SPACE)  # type: ignore[operator]
    assert isinstance(scheme, SharingScheme)
    supernet = Supernet(SPACE, scheme)
    randomise(supernet)
    return supernet


@every_scheme
@given(data=st.data())
@settings(max_examples=10)
def test_weights_are_all_those_of_the_plain_network_in_its_shapes(name: str, data: st.DataObject) -> None:
    architecture = data.draw(architectures(SPACE))
    weights = supernet_of(name).weights(architecture)
    with torch.device("meta"):
        network: nn.Module = OwnCnn(**architecture)  # type: ignore[arg-type]
    expected = {n: tuple(t.shape) for n, t in [*network.named_parameters(), *network.named_buffers()]}
    assert {n: tuple(t.shape) for n, t in weights.items()} == expected


@every_scheme
def test_the_same_architecture_always_gets_the_same_weights(name: str) -> None:
    supernet = supernet_of(name)
    first, second = (supernet.weights(SPACE.middle) for _ in range(2))
    assert all(torch.equal(first[n], second[n]) for n in first)


@every_scheme
def test_weights_can_be_learnt_through_the_scheme(name: str) -> None:
    supernet = supernet_of(name)
    for parameter in supernet.parameters.values():
        parameter.grad = None
    supernet(example(supernet, 4), SPACE.smallest, training=True).square().sum().backward()
    reached = [p.grad for p in supernet.parameters.values() if p.grad is not None]
    assert reached
    assert all(g.isfinite().all() for g in reached)
    assert any(g.any() for g in reached)


@every_scheme
def test_a_supernet_is_saved_under_the_name_its_scheme_is_found_by(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("saved")
    supernet = supernet_of(name)
    supernet.save(folder)
    again = Supernet.load(folder, SPACE)
    assert (again.sharing.name, again.sharing.settings, again.sharing.state()) == (
        name,
        supernet.sharing.settings,
        supernet.sharing.state(),
    )
    assert again.digest() == supernet.digest()
    assert again.parameters.keys() == supernet.parameters.keys()
    first, second = (s.weights(SPACE.middle) for s in (supernet, again))
    assert all(torch.equal(first[n], second[n]) for n in first)


@every_scheme
def test_the_same_seed_gives_the_same_tensors_and_another_one_others(name: str) -> None:
    make = find("sharing", name)
    first, second, other = (Supernet(SPACE, make(SPACE), seed=seed).shared for seed in (3, 3, 4))  # type: ignore[operator]
    assert first.keys() == second.keys() == other.keys()
    assert all(torch.equal(first[n], second[n]) for n in first)
    assert not all(torch.equal(first[n], other[n]) for n in first)


@every_scheme
def test_an_unknown_setting_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' does not take .*widht"):
        named_sharing(name, SPACE, {"widht": 1})
