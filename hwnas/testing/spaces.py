"""What every space must keep."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError
from hwnas.contracts.objects import is_object
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.spaces._named import named_space
from hwnas.supernet import Supernet
from hwnas.testing._subject import Found


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A space, made once for all its tests."""

    @cached_property
    def space(self) -> SearchSpace:
        """What it gives for its settings."""
        space = self.make()
        assert isinstance(space, SearchSpace), f"{self} should give a SearchSpace, got {type(space).__name__}"
        return space

    @cached_property
    def some(self) -> list[Architecture]:
        """Its smallest, middle and largest architecture, and six others."""
        drawn = self.space.sample(6, np.random.default_rng(0))
        return [self.space.smallest, self.space.middle, self.space.largest, *map(self.space.decode, drawn)]

    def build(self, architecture: Architecture) -> nn.Module:
        """A network without values, the same whenever asked."""
        return _without_values(self, architecture)

    def examples(self, n: int, device: str) -> Iterator[torch.Tensor]:
        """One tensor ``(n, ...)`` per input."""
        return (example(spec, n, device) for spec in self.space.inputs)


def build(space: SearchSpace, architecture: Architecture, device: str = "meta") -> nn.Module:
    """A network in evaluation mode."""
    assert space.build is not None, f"{space!r} has no `build`, so nothing can be trained"
    with torch.device(device):
        return space.build(architecture).eval()


@cache
def _without_values(subject: Subject, architecture: Architecture) -> nn.Module:
    return build(subject.space, architecture)


def example(spec: InputSpec, n: int, device: str) -> torch.Tensor:
    """Values ``(n, ...)`` for an input."""
    if spec.dtype == "int64":
        return torch.zeros(n, *spec.shape, dtype=torch.int64, device=device)
    return torch.randn(n, *spec.shape, device=device)


def traced_costs(network: nn.Module, inputs: Iterator[torch.Tensor]) -> dict[str, int]:
    """Multiply-adds of one example, counted while a network without values runs; parameters, counted one by one."""
    macs = 0

    def count(module: nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal macs
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            macs += module.weight[0].numel() * out[0].numel()
        elif isinstance(module, nn.Linear):
            macs += module.in_features * out[0].numel()

    hooks = [module.register_forward_hook(count) for module in network.modules()]
    network(*inputs)
    for hook in hooks:
        hook.remove()
    return {"macs": macs, "params": sum(p.numel() for p in network.parameters())}


def places(network: nn.Module) -> set[tuple[str, str]]:
    """Every tensor's name, with the kind of module it is in."""
    owner = dict(network.named_modules())
    return {
        (place, type(owner[place.rpartition(".")[0]]).__name__)
        for place, _ in [*network.named_parameters(), *network.named_buffers()]
    }


class Contract:
    """The tests."""

    def test_every_architecture_builds_on_meta_and_answers_on_the_processor(self, subject: Subject) -> None:
        space = subject.space
        shapes = {a: subject.build(a)(*subject.examples(2, "meta")).shape for a in subject.some}
        assert len(set(shapes.values())) == 1, f"{subject} gives outputs of different shapes: {set(shapes.values())}"
        for architecture in (space.smallest, subject.some[-1]):
            with torch.no_grad():
                out = build(space, architecture, "cpu")(*subject.examples(2, "cpu"))
            assert out.shape == shapes[architecture]
            assert out.isfinite().all()

    def test_the_same_place_has_the_same_parameter_name(self, subject: Subject) -> None:
        whole = places(subject.build(subject.space.largest))
        for architecture in subject.some:
            strange = places(subject.build(architecture)) - whole
            assert not strange, (
                f"{subject} gives {architecture} tensors that its largest network does not have, or in another kind of "
                f"module: {sorted(strange)[:3]}; the same place needs the same name in every architecture"
            )

    def test_costs_are_those_of_a_traced_network(self, subject: Subject) -> None:
        space = subject.space
        if space.costs is None:
            pytest.skip("this space has its costs found by tracing")
        costs = space.costs(space.encode_many(subject.some))
        for i, architecture in enumerate(subject.some):
            said = {figure: costs[figure][i] for figure in ("macs", "params")}
            traced = traced_costs(subject.build(architecture), subject.examples(1, "meta"))
            assert said == traced, f"{subject} says {said} of {architecture}, and its network has {traced}"

    def test_features_are_finite_and_each_has_a_name_of_its_own(self, subject: Subject) -> None:
        space = subject.space
        if space.features is None:
            pytest.skip("this space knows its genes only")
        genomes = space.sample(20, np.random.default_rng(1))
        features = space.features(genomes)
        assert features.shape == (20, len(space.feature_names)), "one column per name in `feature_names`"
        assert features.dtype == np.float64
        assert np.isfinite(features).all()
        assert len(set(space.feature_names)) == len(space.feature_names)
        np.testing.assert_array_equal(space.features(genomes[:1]), features[:1])

    def test_nothing_costs_less_than_the_smallest_or_more_than_the_largest(self, subject: Subject) -> None:
        space = subject.space
        if space.costs is None:
            pytest.skip("this space has its costs found by tracing")
        genomes = space.sample(200, np.random.default_rng(2))
        ends = space.costs(space.encode_many([space.smallest, space.largest]))
        assert any(least < most for least, most in ends.values()), f"all networks of {subject} cost the same"
        for figure, values in space.costs(genomes).items():
            least, most = ends[figure]
            assert least <= values.min() <= values.max() <= most, f"{figure}; put the options of choices in their order"

    def test_how_smaller_networks_are_cut_out_of_the_largest_is_known_of_every_tensor(self, subject: Subject) -> None:
        explanation = Supernet(subject.space).explain()
        assert not explanation.doubts
        told = {row.name: row for row in explanation.rows}
        most = {row.name: [max(sizes) for sizes in zip(*row.shapes, strict=True)] for row in explanation.rows}
        for architecture in subject.some:
            network = subject.build(architecture)
            for place, tensor in (*network.named_parameters(), *network.named_buffers()):
                row = told[place]
                assert all(a <= b for a, b in zip(tensor.shape, most[place], strict=True))
                assert row.kind == ("trained" if isinstance(tensor, nn.Parameter) else row.kind)
                assert "trained" not in row.kind or isinstance(tensor, nn.Parameter)
                assert len(row.cuts) == tensor.ndim or row.kind == "constant"
        text = str(explanation)
        assert all(row.name in text for row in explanation.rows)

    def test_name_and_parameters_make_the_same_space_again_after_json(self, subject: Subject) -> None:
        if is_object(subject.name):
            pytest.skip("a space in a file is told by its file")
        space = subject.space
        again = cast("SearchSpace", named_space(space.name, json.loads(json.dumps(space.parameters))))
        assert again.choices == space.choices, f"{subject} has other choices when made from its name and parameters"
        assert again.inputs == space.inputs
        assert again.feature_names == space.feature_names
        assert (again.features is None) == (space.features is None)
        genomes = space.sample(20, np.random.default_rng(3))
        if space.features is not None and again.features is not None:
            np.testing.assert_array_equal(again.features(genomes), space.features(genomes))
        assert build(again, space.middle).state_dict().keys() == subject.build(space.middle).state_dict().keys()

    def test_an_unknown_parameter_is_refused_in_one_sentence(self, subject: Subject) -> None:
        if not subject.space.parameters or subject.space.name != subject.name:
            pytest.skip("this space takes no parameters")
        with pytest.raises(InputError, match="no setting 'widht'"):
            subject.find()(widht=1)
