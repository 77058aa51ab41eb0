"""What every space must keep, run over all that are found."""

import json
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.finding import find, names
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.supernet import Supernet
from tests.small_spaces import SMALL, small

NAMES = names("spaces")
every_space = pytest.mark.parametrize("name", NAMES)


@cache
def space_of(name: str) -> SearchSpace:
    return small(name)


def some(space: SearchSpace, n: int = 4) -> list[Architecture]:
    drawn = [space.decode(genome) for genome in space.sample(n, np.random.default_rng(0))]
    return [space.smallest, space.middle, space.largest, *drawn]


def build(space: SearchSpace, architecture: Architecture, device: str = "meta") -> nn.Module:
    assert space.build is not None
    with torch.device(device):
        return space.build(architecture).eval()


def example(spec: InputSpec, n: int, device: str) -> torch.Tensor:
    if spec.dtype == "int64":
        return torch.zeros(n, *spec.shape, dtype=torch.int64, device=device)
    return torch.randn(n, *spec.shape, device=device)


def traced_costs(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    """Multiply-adds of one example, counted while a network without values runs; parameters, counted one by one."""
    network = build(space, architecture)
    macs = 0

    def count(module: nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal macs
        if isinstance(module, nn.Conv2d):
            macs += module.weight[0].numel() * out[0].numel()
        elif isinstance(module, nn.Linear):
            macs += module.in_features * out[0].numel()

    for module in network.modules():
        module.register_forward_hook(count)
    network(*(example(spec, 1, "meta") for spec in space.inputs))
    return {"macs": macs, "params": sum(p.numel() for p in network.parameters())}


def test_small_parameters_are_given_for_spaces_that_exist() -> None:
    assert set(SMALL) <= set(NAMES)


@every_space
def test_every_architecture_builds_on_meta_and_answers_on_the_processor(name: str) -> None:
    space = space_of(name)
    shapes = {build(space, a)(*(example(spec, 2, "meta") for spec in space.inputs)).shape for a in some(space)}
    for architecture in (space.smallest, some(space)[-1]):
        with torch.no_grad():
            out = build(space, architecture, "cpu")(*(example(spec, 2, "cpu") for spec in space.inputs))
        assert shapes == {out.shape}
        assert out.isfinite().all()


@every_space
def test_the_same_place_has_the_same_parameter_name(name: str) -> None:
    space = space_of(name)
    whole = places(space, space.largest)
    for architecture in some(space):
        for place, kind in places(space, architecture):
            assert (place, kind) in whole


def places(space: SearchSpace, architecture: Architecture) -> set[tuple[str, str]]:
    network = build(space, architecture)
    owner = dict(network.named_modules())
    return {
        (place, type(owner[place.rpartition(".")[0]]).__name__)
        for place, _ in [*network.named_parameters(), *network.named_buffers()]
    }


@every_space
def test_costs_are_those_of_a_traced_network(name: str) -> None:
    space = space_of(name)
    if space.costs is None:
        pytest.skip("this space has its costs found by tracing")
    chosen = some(space, 6)
    costs = space.costs(space.encode_many(chosen))
    for i, architecture in enumerate(chosen):
        assert {figure: costs[figure][i] for figure in ("macs", "params")} == traced_costs(space, architecture)


@every_space
def test_features_are_finite_and_each_has_a_name_of_its_own(name: str) -> None:
    space = space_of(name)
    if space.features is None:
        pytest.skip("this space knows its genes only")
    genomes = space.sample(20, np.random.default_rng(1))
    features = space.features(genomes)
    assert features.shape == (20, len(space.feature_names))
    assert features.dtype == np.float64
    assert np.isfinite(features).all()
    assert len(set(space.feature_names)) == len(space.feature_names)
    np.testing.assert_array_equal(space.features(genomes[:1]), features[:1])


@every_space
def test_nothing_costs_less_than_the_smallest_or_more_than_the_largest(name: str) -> None:
    space = space_of(name)
    if space.costs is None:
        pytest.skip("this space has its costs found by tracing")
    genomes = space.sample(200, np.random.default_rng(2))
    ends = space.costs(space.encode_many([space.smallest, space.largest]))
    for figure, values in space.costs(genomes).items():
        least, most = ends[figure]
        assert least < most
        assert least <= values.min() <= values.max() <= most


@every_space
def test_how_smaller_networks_are_cut_out_of_the_largest_is_known_of_every_tensor(name: str) -> None:
    space = space_of(name)
    explanation = Supernet(space).explain()
    assert not explanation.doubts
    told = {row.name: row for row in explanation.rows}
    for architecture in some(space):
        network = build(space, architecture)
        for place, tensor in (*network.named_parameters(), *network.named_buffers()):
            row = told[place]
            most = [max(sizes) for sizes in zip(*row.shapes, strict=True)]
            assert all(a <= b for a, b in zip(tensor.shape, most, strict=True))
            assert row.kind == ("trained" if isinstance(tensor, nn.Parameter) else row.kind)
            assert "trained" not in row.kind or isinstance(tensor, nn.Parameter)
            assert len(row.cuts) == tensor.ndim or row.kind == "constant"
        assert all(row.name in str(explanation) for row in explanation.rows)


@every_space
def test_name_and_parameters_make_the_same_space_again_after_json(name: str) -> None:
    space = space_of(name)
    again = find("spaces", space.name)(**json.loads(json.dumps(space.parameters)))  # type: ignore[operator]
    assert again.choices == space.choices
    assert again.inputs == space.inputs
    assert again.feature_names == space.feature_names
    assert (again.features is None) == (space.features is None)
    genomes = space.sample(20, np.random.default_rng(3))
    if space.features is not None and again.features is not None:
        np.testing.assert_array_equal(again.features(genomes), space.features(genomes))
    assert build(again, space.middle).state_dict().keys() == build(space, space.middle).state_dict().keys()


@every_space
def test_an_unknown_parameter_is_refused_in_one_sentence(name: str) -> None:
    if not space_of(name).parameters or space_of(name).name != name:
        pytest.skip("this space takes no parameters")
    with pytest.raises(InputError, match="no setting 'widht'"):
        find("spaces", name)(widht=1)  # type: ignore[operator]
