"""From what was read of a network to what is offered of it: each group proved, or left with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.elasticity._attributes import of_layers, of_others, trials
from hwnas.elasticity._blocks import removable
from hwnas.elasticity._groups import Group, Trees, Works, groups_of
from hwnas.elasticity._inputs import specs, two_of, varied
from hwnas.elasticity._patterns import is_named
from hwnas.elasticity._proving import Prover, hollow
from hwnas.elasticity._reading import read
from hwnas.spaces._elastic import Attribute, Removal, Shape, shrunk


@dataclass
class Offer:
    """What of a network can shrink.

    Args:
        groups: all that there are; those with no `fixed` are offered.
        trees: what the tensors' axes are made of.
        attributes: sizes that modules keep.
        inputs: of the network.
        works: what it does, and over which axes.
        blocks: that can be left out, and how.
        whole: why other blocks cannot.
    """

    groups: dict[str, Group]
    trees: Trees
    attributes: list[Attribute]
    inputs: list[InputSpec]
    works: Works
    blocks: dict[str, Removal] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """How many entries every group has."""
        return {name: group.size for name, group in self.groups.items()}

    @property
    def offered(self) -> list[str]:
        """The groups that may shrink."""
        return [name for name, group in self.groups.items() if group.fixed is None]


def offer_of(
    network: nn.Module, inputs: Mapping[str, Tensor], *, keep: Sequence[str], only: Sequence[str], hidden: bool
) -> Offer:
    """Read a network and prove all that looks as if it could shrink.

    Raises:
        InputError: it cannot be exported.
    """
    examples = two_of(inputs)
    reading = read(network, examples)
    groups, trees, works = groups_of(reading, network)
    described = specs(inputs, reading.vocabulary)
    sizes = {name: group.size for name, group in groups.items()}
    offer = Offer(groups, trees, of_layers(network, trees, sizes), described, works)
    for group in groups.values():
        group.fixed = group.fixed or _unwanted(group, keep, only, hidden=hidden)
    prover, code = Prover(network, varied(examples, described), trees, sizes), hollow(network)
    for group in groups.values():
        if group.fixed is None:
            group.fixed = (
                _outer(group, groups)
                or (None if group.kind == "kernel" else prover.objection(group.name))
                or _settled(code, offer, prover, group)
            )
    offer.blocks, offer.whole = removable(code, prover, _shape(offer), keep=keep, only=only)
    _drop_what_does_not_combine(code, offer, prover)
    return offer


def _unwanted(group: Group, keep: Sequence[str], only: Sequence[str], *, hidden: bool) -> str | None:
    modules = {tensor.rpartition(".")[0] for tensor in group.tensors}
    protected = [m for m in modules if is_named(m, keep)]
    if protected:
        return f"{sorted(protected)[0]} is to be kept"
    if not any(is_named(m, only) for m in modules):
        return f"it is not among only={list(only)}"
    return f"{group.statistic}; hidden=True offers it" if group.statistic and not hidden else None


def _outer(group: Group, groups: Mapping[str, Group]) -> str | None:
    """Entries within others that are offered: one of both is enough, and whole heads run fast."""
    outer = next((name for name in group.inside if groups[name].fixed is None), None)
    return None if outer is None else f"{outer} is offered instead"


def _settled(network: nn.Module, offer: Offer, prover: Prover, group: Group) -> str | None:
    """Find the attributes that a smaller network needs; why it does not run with any, or None."""
    size = group.least if group.kind == "kernel" else max(1, group.size // 2)
    moved = None if group.kind == "kernel" else group.name
    others = of_others(network, group.name, offer.trees, offer.sizes, offer.attributes)
    why = None
    for attributes in trials(network, group.name, offer.trees, offer.sizes, others):
        tried = [*offer.attributes, *attributes]
        smaller = shrunk(network, _shape(offer, tried), {group.name: size})
        why = prover.objection_when_smaller(smaller, {group.name: size}, moved, exact=group.statistic is None)
        if why is None:
            offer.attributes = tried
            return None
    return why


def _shape(offer: Offer, attributes: Sequence[Attribute] | None = None) -> Shape:
    return Shape(offer.trees, offer.attributes if attributes is None else attributes, offer.sizes)


def _drop_what_does_not_combine(network: nn.Module, offer: Offer, prover: Prover) -> None:
    """What can shrink alone must shrink with all others too."""

    def objection(names: Sequence[str], blocks: Sequence[Removal]) -> str | None:
        sizes = {name: offer.groups[name].least for name in names}
        exact = all(offer.groups[name].statistic is None for name in names)
        smaller = shrunk(network, _shape(offer), sizes, blocks)
        return prover.objection_when_smaller(smaller, sizes, exact=exact, without=[path for path, _ in blocks])

    if objection(offer.offered, [*offer.blocks.values()]) is None:
        return
    together: list[str] = []
    for name in offer.offered:
        why = objection([*together, name], [])
        if why is None:
            together.append(name)
        else:
            offer.groups[name].fixed = f"with others, {why}"
    blocks: dict[str, Removal] = {}
    for name, removal in offer.blocks.items():
        if objection(together, [*blocks.values(), removal]) is None:
            blocks[name] = removal
    offer.blocks = blocks
