"""Rates by size and separate momenta (Jeon et al., "Subnet-Aware Dynamic Supernet Training for Neural Architecture
Search", CVPR 2025, arXiv 2503.10740).

Trained alike, small sub-networks learn faster than large ones, and the momentum of one sub-network is noise for the
next. So the learning rate falls the earlier the smaller the sub-network of the step is (complexity-aware rate, CaLR):

    rate = peak (what is left of the training)^gamma,

with gamma linear in the logarithm of the size, from `falls` for the smallest to 1 / `falls` for the largest; and
sub-networks with the same option of one choice, whose gradients are alike, have a momentum of their own (momentum
separation, MS). Known to us are the published code and what others tell of the paper.

Where we differ: the recipe's curve, rate / peak, stands in for the share that is left; the choice is the first one that
all sub-networks make, where the published code draws it; and sizes are multiply-adds where the space tells them, not
parameters. With `falls=1` there is one rate, with `separate=false` one momentum; with both it is `uniform`.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import Method, Schedule, UpdateRule
from hwnas.contracts.training_step import Context, Curve, Stage, State
from hwnas.training._everywhere import everywhere
from hwnas.training._size import Sizes

Memory = dict[str, dict[str, Any]]
"""What an optimizer remembers, by shared tensor and entry."""


class _BySubNetwork(Schedule, UpdateRule):
    def __init__(self, space: SearchSpace, falls: float, choice: Choice | None) -> None:
        self._space, self._sizes = space, Sizes(space, "calr_ms")
        self._falls, self._choice = falls, choice
        self._memories = [Memory() for _ in (choice.options if choice else (None,))]
        self._peak = 0.0

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        self._peak = max(curve(index, steps) for index in range(steps))
        return [Stage(SubSpace(space), steps, lambda index: curve(index, steps))]

    def before_step(self, context: Context, optimizer: Optimizer) -> None:
        architecture = context.outputs[0][0].architecture
        share = float(self._sizes.shares(self._space.encode(architecture)[None])[0])
        power = self._falls + (1 / self._falls - self._falls) * share
        for group in optimizer.param_groups:
            group["lr"] = self._peak * (group["lr"] / self._peak) ** power
        memory = self._memory(architecture)
        for name, parameter in context.parameters.items():
            optimizer.state.pop(parameter, None)
            if name in memory:
                optimizer.state[parameter] = memory[name]

    def after_step(self, context: Context, optimizer: Optimizer) -> None:
        memory = self._memory(context.outputs[0][0].architecture)
        for name, parameter in context.parameters.items():
            if parameter in optimizer.state:
                memory[name] = optimizer.state[parameter]

    def _memory(self, architecture: Architecture) -> Memory:
        return self._memories[self._choice.options.index(architecture[self._choice.name]) if self._choice else 0]

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


def calr_ms(space: SearchSpace, *, falls: float = 4.0, choice: str | None = None, separate: bool = True) -> Method:
    """One uniformly drawn sub-network per step, at a rate of its size and with a momentum of its option.

    Args:
        space: what is searched.
        falls: gamma of the smallest sub-network, at least 1; the largest has its inverse.
        choice: one that is active in every architecture; None: the first of these with several options. Each of its
            options takes the memory of the optimizer.
        separate: False is a control: all have one momentum.

    Raises:
        InputError: there is no such choice, `falls` is out of its range, or all sub-networks are of one size.
    """
    if not 1 <= falls < float("inf"):
        raise InputError(f"Method 'calr_ms' needs falls of at least 1, got {falls}; 1 is one rate for all sizes.")
    by = everywhere(space, choice, "Method 'calr_ms' keeps a momentum for every option of") if separate else None
    settings = {"falls": falls, "choice": by.name if by else choice, "separate": separate}
    seam = _BySubNetwork(space, falls, by)
    return Method("calr_ms", settings, schedule=seam, update=seam)
