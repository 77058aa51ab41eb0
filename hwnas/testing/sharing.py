"""What every weight-sharing scheme must keep."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.sharing import SharingScheme
from hwnas.sharing._named import named_sharing
from hwnas.supernet import Supernet
from hwnas.testing._drawn import architectures
from hwnas.testing._own_cnn import OwnCnn, example, own_space, randomise
from hwnas.testing._subject import Found

SPACE = own_space()


@dataclass(frozen=True, eq=False)
class Subject(Found):
    """A scheme, and a supernet that shares by it."""

    def scheme(self) -> SharingScheme:
        """A new one."""
        scheme = self.make(SPACE)
        assert isinstance(scheme, SharingScheme), f"{self} should give a SharingScheme, got {type(scheme).__name__}"
        return scheme

    @cached_property
    def supernet(self) -> Supernet:
        """One for all tests, which only read it."""
        supernet = Supernet(SPACE, self.scheme())
        randomise(supernet)
        return supernet


class Contract:
    """The tests."""

    @given(data=st.data())
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_weights_are_all_those_of_the_plain_network_in_its_shapes(
        self, subject: Subject, data: st.DataObject
    ) -> None:
        architecture = data.draw(architectures(SPACE))
        weights = subject.supernet.weights(architecture)
        with torch.device("meta"):
            network: nn.Module = OwnCnn(**architecture)  # type: ignore[arg-type]  # options by name
        expected = {n: tuple(t.shape) for n, t in [*network.named_parameters(), *network.named_buffers()]}
        assert {n: tuple(t.shape) for n, t in weights.items()} == expected, (
            f"`bind` of {subject} should give every slot a tensor of its shape"
        )

    def test_the_same_architecture_always_gets_the_same_weights(self, subject: Subject) -> None:
        first, second = (subject.supernet.weights(SPACE.middle) for _ in range(2))
        assert all(torch.equal(first[n], second[n]) for n in first)

    def test_weights_can_be_learnt_through_the_scheme(self, subject: Subject) -> None:
        supernet = subject.supernet
        for parameter in supernet.parameters.values():
            parameter.grad = None
        supernet(example(supernet, 4), SPACE.smallest, training=True).square().sum().backward()  # type: ignore[no-untyped-call]
        reached = [p.grad for p in supernet.parameters.values() if p.grad is not None]
        assert reached, f"no gradient reaches the shared tensors of {subject}; `bind` must be differentiable in them"
        assert all(g.isfinite().all() for g in reached)
        assert any(g.any() for g in reached)

    def test_a_supernet_is_saved_under_the_name_its_scheme_is_found_by(self, subject: Subject, tmp_path: Path) -> None:
        supernet = subject.supernet
        supernet.save(tmp_path)
        again = Supernet.load(tmp_path, SPACE)
        assert (again.sharing.name, again.sharing.settings, again.sharing.state()) == (
            subject.name,
            supernet.sharing.settings,
            supernet.sharing.state(),
        )
        assert again.digest() == supernet.digest()
        assert again.parameters.keys() == supernet.parameters.keys()
        first, second = (s.weights(SPACE.middle) for s in (supernet, again))
        assert all(torch.equal(first[n], second[n]) for n in first)

    def test_a_further_choice_or_fewer_options_change_no_weights(self, subject: Subject, tmp_path: Path) -> None:
        before = subject.supernet
        made = before.with_input_sizes(resolution=(6,)).narrowed({"depth": [SPACE.smallest["depth"]]})
        made.save(tmp_path)
        weights = before.weights(SPACE.smallest)
        for supernet in (made, Supernet.load(tmp_path, SPACE)):
            same = supernet.weights(supernet.space.smallest)
            assert all(torch.equal(weights[n], same[n]) for n in weights)

    def test_the_same_seed_gives_the_same_tensors_and_another_one_others(self, subject: Subject) -> None:
        first, second, other = (Supernet(SPACE, subject.scheme(), seed=seed).shared for seed in (3, 3, 4))
        assert first.keys() == second.keys() == other.keys()
        assert all(torch.equal(first[n], second[n]) for n in first)
        assert not all(torch.equal(first[n], other[n]) for n in first)

    def test_an_unknown_setting_is_refused_in_one_sentence(self, subject: Subject) -> None:
        with pytest.raises(InputError, match=f"'{subject}' does not take .*widht"):
            named_sharing(subject.name, SPACE, {"widht": 1})
