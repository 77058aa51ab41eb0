"""Rates by size and separate momenta (Jeon et al., "Subnet-Aware Dynamic Supernet Training for Neural Architecture
Search", CVPR 2025, arXiv 2503.10740).

Trained alike, small sub-networks learn faster than large ones, and the momentum of one sub-network is noise for the
next. So the learning rate falls the earlier the smaller the sub-network of the step is (complexity-aware rate, CaLR),
and every cluster of like sub-networks has a momentum of its own (momentum separation, MS).

Known to us is the abstract, which says no more than that. So the formulas are ours: a sub-network at the share c of the
way from the smallest to the largest one, on a logarithmic scale of sizes, learns at the rate

    peak (rate / peak)^(1 + (falls - 1) (1 - c)),

that is by the recipe's curve for the largest and by its power `falls` for the smallest; and the `clusters` are parts of
that way, equally wide. With `clusters=1` there is one momentum, with `falls=1` one rate; with both it is `uniform`.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import Method, Schedule, UpdateRule
from hwnas.contracts.training_step import Context, Curve, Stage, State
from hwnas.training._size import Sizes

Memory = dict[str, dict[str, Any]]
"""What an optimizer remembers, by shared tensor and entry."""


class _BySize(Schedule, UpdateRule):
    def __init__(self, space: SearchSpace, falls: float, clusters: int) -> None:
        self._space, self._sizes = space, Sizes(space, "calr_ms")
        self._falls, self._memories = falls, [Memory() for _ in range(clusters)]
        self._peak = 0.0

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        self._peak = max(curve(index, steps) for index in range(steps))
        return [Stage(SubSpace(space), steps, lambda index: curve(index, steps))]

    def before_step(self, context: Context, optimizer: Optimizer) -> None:
        share = self._share(context)
        for group in optimizer.param_groups:
            power = 1 + (self._falls - 1) * (1 - share)
            group["lr"] = self._peak * (group["lr"] / self._peak) ** power
        memory = self._memory(share)
        for name, parameter in context.parameters.items():
            optimizer.state.pop(parameter, None)
            if name in memory:
                optimizer.state[parameter] = memory[name]

    def after_step(self, context: Context, optimizer: Optimizer) -> None:
        memory = self._memory(self._share(context))
        for name, parameter in context.parameters.items():
            if parameter in optimizer.state:
                memory[name] = optimizer.state[parameter]

    def _share(self, context: Context) -> float:
        genome = self._space.encode(context.outputs[0][0].architecture)
        return float(self._sizes.shares(genome[None])[0])

    def _memory(self, share: float) -> Memory:
        return self._memories[min(int(share * len(self._memories)), len(self._memories) - 1)]

    def state(self) -> State:
        return {
            f"{number}/{entry}/{name}": value.clone() if isinstance(value, Tensor) else value
            for number, memory in enumerate(self._memories)
            for name, entries in memory.items()
            for entry, value in entries.items()
            if value is not None
        }

    def restore(self, state: State) -> None:
        self._memories = [Memory() for _ in self._memories]
        for key, value in state.items():
            number, entry, name = key.split("/", 2)
            taken = value.clone() if isinstance(value, Tensor) else value
            self._memories[int(number)].setdefault(name, {})[entry] = taken


def calr_ms(space: SearchSpace, *, falls: float = 2.0, clusters: int = 4) -> Method:
    """One uniformly drawn sub-network per step, at a rate and with a momentum of its size.

    Args:
        space: what is searched.
        falls: power of the recipe's curve that the smallest sub-network learns by, at least 1.
        clusters: momenta, at least 1; each takes the memory of the optimizer.

    Raises:
        InputError: an argument is out of its range, or all sub-networks are of one size.
    """
    if not (1 <= falls < float("inf") and clusters >= 1):
        raise InputError(
            f"Method 'calr_ms' needs falls and clusters of at least 1, got {falls} and {clusters}; 1 is like 'uniform'."
        )
    seam = _BySize(space, falls, clusters)
    return Method("calr_ms", {"falls": falls, "clusters": clusters}, schedule=seam, update=seam)
