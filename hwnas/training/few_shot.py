"""One supernet, then one for every option of a choice (Zhao et al., "Few-shot Neural Architecture Search", ICML 2021).

Sub-networks that differ in the choice disturb one another's weights no longer, so they can be told apart better. The
supernet is trained by uniform single paths; then it is copied for every option, weights and momentum, and the copies
are trained in turn on their parts of the space. A sub-network is evaluated with the copy that it belongs to.

Where we differ: all copies together get the steps that are left, so that the whole takes the passes of one supernet's
training and can be compared with it; and the learning rate goes on along its curve, where the paper trains every copy
anew.
"""

from collections.abc import Sequence

import numpy as np

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method
from hwnas.contracts.training_events import Event, Probe, Split
from hwnas.contracts.training_step import Job, State, Statistics, Step
from hwnas.sharing.members import MembersSharing
from hwnas.training._everywhere import everywhere
from hwnas.training._samplers import in_turn


class _OneThenMany(ArchitectureSampler, Events):
    def __init__(self, members: Sequence[SubSpace], split_after: float) -> None:
        self._members, self._split_after = members, split_after
        self._is_split = False

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        if not self._is_split:
            return super().plan(step, rng)
        member = in_turn(step, self._members)
        space = step.stage.space.narrowed(self._members[member].options)
        return [Job(space.space.decode(space.sample(1, rng)[0]), "random", member=member)]

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        step = statistics.step
        if self._is_split or step.index + 1 < round(self._split_after * step.of):
            return ()
        return [Split(0, self._members)]

    def on_event(self, event: Event) -> None:
        self._is_split = self._is_split or isinstance(event, Split)

    def state(self) -> State:
        return {"is_split": self._is_split}

    def restore(self, state: State) -> None:
        self._is_split = state["is_split"]


def few_shot(space: SearchSpace, *, choice: str | None = None, split_after: float = 0.5) -> Method:
    """One member per option of `choice` after a share `split_after` of the steps.

    Args:
        space: what is searched.
        choice: one that is active in every architecture; None: the first of these with several options.
        split_after: between 0 and 1.

    Raises:
        InputError: there is no such choice, or the share is not between 0 and 1.
    """
    split = everywhere(space, choice, "Method 'few_shot' splits")
    if not 0 < split_after < 1:
        raise InputError(f"Method 'few_shot' splits after a share of the steps between 0 and 1, got {split_after}.")
    seam = _OneThenMany([SubSpace(space, {split.name: (option,)}) for option in split.options], split_after)
    return Method(
        "few_shot",
        {"choice": split.name, "split_after": split_after},
        architectures=seam,
        events=seam,
        sharing=MembersSharing(space),
    )
