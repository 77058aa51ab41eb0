"""A sharing scheme as a stranger's package would plug it in: with tensors, members and a state of its own."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sharing import Draw, Extent, SharingScheme, Slot
from hwnas.sharing.prefix import PrefixSharing


class Routed(SharingScheme):
    """Sets of weights that a learnt router mixes by the architecture; a member is one set alone.

    Args:
        space: whose networks share.
        sets: how many.
    """

    name = "routed"

    def __init__(self, space: SearchSpace, *, sets: int = 2) -> None:
        super().__init__(space, sets=sets)
        self.sets = sets
        self.plain = PrefixSharing(space)
        self.favourite: int | None = None

    def initial(self, extents: Mapping[str, Extent], draw: Draw) -> dict[str, Tensor]:
        """A draw per set, and a router from the genome to the mixture."""
        drawn = {f"set{i}/{name}": tensor for i in range(self.sets) for name, tensor in draw().items()}
        assert len(drawn) == self.sets * len(extents)
        router = nn.Parameter(torch.randn(len(self.space.choices), self.sets))
        return {**drawn, "router": router, "scale": torch.tensor(1.0 / len(self.space.choices))}

    def bind(
        self,
        shared: Mapping[str, Tensor],
        slots: Mapping[str, Slot],
        architecture: Architecture,
        member: int | None = None,
    ) -> dict[str, Tensor]:
        """The mixture of what each set gives; buffers are the first set's."""
        sets = [
            self.plain.bind({n: shared[f"set{i}/{n}"] for n in slots}, slots, architecture) for i in range(self.sets)
        ]
        if (alone := self.favourite if member is None else member) is not None:
            return sets[alone]
        genome = torch.from_numpy(self.space.encode(architecture)).float()
        shares = (genome @ shared["router"] * shared["scale"]).softmax(0)
        trained = [name for name in slots if shared[f"set0/{name}"].requires_grad]
        mixed = {name: torch.stack([s[name] for s in sets], dim=-1) @ shares for name in trained}
        return {**sets[0], **mixed}

    def state(self) -> dict[str, object]:
        """Which set answers where none is named."""
        return {"favourite": self.favourite}

    def restore(self, state: Mapping[str, object]) -> None:
        """What `state` gave."""
        self.favourite = cast("int | None", state["favourite"])
