"""Every block chosen by itself, then the chosen network retrained beside the original (Tang et al., "Lightweight
Diffusion Models with Distillation-Based Block Neural Architecture Search", arXiv 2311.04950, 2023).

For a supernet that begins as a trained network (``--init``), such as a diffusion U-Net (space `micro_unet`). First
blocks learn one by one from the original's, as in `dna`. Then all candidates of a block, which are the combinations of
the options of its choices, are compared on the same examples, and the smallest is chosen whose loss, a share of the
variance of what the original's block gives, is at most `tolerance` above that of the full-size candidate: a block is
compared with itself alone. At last the network of the chosen blocks is trained as a whole, on the task's loss and
`joint` times the sum of its blocks' losses, a weight that falls to exactly 0 (the dynamic joint loss); ``joint=0`` and
``fall=constant`` are the controls. What was chosen is told by ``supernet.record["narrowed_to"]``, and
is the only sub-network of what `hwnas.train` gives.

Where we differ: the paper's text was not at hand, only its abstract, so tolerance, weight and its fall are ours (the
full-size candidate begins as the original, with a loss of 0, so no multiple of it can be allowed); the steps that
compare train too; what follows the last block learns the original's answers before the choice; and choices that change
no block, or several, keep their largest option.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method, Schedule
from hwnas.contracts.training_events import Event, Probe, Shrink
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Curve, Job, Output, Stage, State, Statistics, Step
from hwnas.contracts.words import one_of
from hwnas.sharing.prefix import PrefixSharing
from hwnas.training._blocks import TaughtByBlocks, block_losses, blocks_of, taught_loss
from hwnas.training._candidates import Compared, candidates_of_blocks
from hwnas.training._schedules import SCHEDULES
from hwnas.training._stages import one_after_another

_LEARN, _COMPARE, _RETRAIN = "blocks learn", "compare, then choose", "retrain"
_COMPARING = 0.04  # of the steps before the choice


class _BlockByBlock(Schedule, ArchitectureSampler, TaughtByBlocks, Events):
    def __init__(
        self,
        space: SearchSpace,
        blocks: Sequence[str],
        compared: Compared,
        tolerance: float,
        search: float,
        joint: float,
        fall: str,
    ) -> None:
        super().__init__(space, blocks)
        self._space, self._compared, self._tolerance = space, compared, tolerance
        self._search, self._joint, self._fall = search, joint, SCHEDULES[fall]

    def _lengths(self, steps: int) -> tuple[int, int, int]:
        search = round(self._search * steps)
        compare = min(search, max(1, round(_COMPARING * search)))
        return search - compare, compare, steps - search

    def stages(self, space: SearchSpace, steps: int, curve: Curve) -> Sequence[Stage]:
        return one_after_another(space, (_LEARN, _COMPARE, _RETRAIN), self._lengths(steps), curve)

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        teacher, name = Job(self._space.largest, "teacher"), step.stage.name
        if name == _COMPARE:
            return [teacher, *self._compared.jobs]
        if name == _RETRAIN:
            chosen = Job(step.stage.space.largest, "fixed")
            return [teacher, chosen] if self._joint else [chosen]
        return [teacher, *super().plan(step, rng)]

    def passes(self, stage: Stage) -> float:
        count = len(self._compared.jobs) if stage.name == _COMPARE else 1
        return count + (0.0 if stage.name == _RETRAIN and not self._joint else FORWARD_ONLY)

    def leaving(self, job: Job, name: str, output: Tensor) -> Tensor:
        return output if job.role == "fixed" else super().leaving(job, name, output)

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher = context.teacher(job)
        if teacher is not None and job.role == "random":
            return taught_loss(output, teacher, context)
        loss = super().loss(job, output, context)
        if teacher is None:
            return loss
        return loss + self.joint_weight(context.step) * sum(block_losses(output, teacher).values())

    def joint_weight(self, step: Step) -> float:
        """Of the blocks' losses beside the task's: `joint` at the first step of retraining, 0 at the last."""
        *before, steps = self._lengths(step.of)
        return self._joint * self._fall(step.index - sum(before), max(1, steps - 1))

    def on_step(self, statistics: Statistics) -> None:
        if statistics.step.stage.name == _COMPARE:
            self._compared.add(statistics.context.outputs)

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        if not (statistics.ends_stage and statistics.step.stage.name == _COMPARE):
            return ()
        chosen = self._compared.chosen(self._tolerance)
        return [Shrink(SubSpace(self._space, {name: (option,) for name, option in chosen.items()}))]

    def state(self) -> State:
        return {**self._compared.state(), **super().state()}

    def restore(self, state: State) -> None:
        self._compared.restore(state)
        super().restore({name: value for name, value in state.items() if isinstance(value, Tensor)})


def diffnas(
    space: SearchSpace,
    *,
    blocks: Sequence[str] = (),
    tolerance: float = 0.005,
    search: float = 0.5,
    joint: float = 1.0,
    fall: str = "cosine",
) -> Method:
    """One uniformly drawn sub-network per step, block by block; then the chosen one.

    Args:
        space: what is searched.
        blocks: names of modules that blocks end with, which every sub-network has; empty: they are found.
        tolerance: by how much the loss of a chosen block may be above that of the full-size one, at least 0.
        search: share of the steps until blocks are chosen, above 0 and below 1.
        joint: weight of the blocks' losses when retraining begins, at least 0.
        fall: of this weight: ``cosine``, ``linear`` or ``constant``.

    Raises:
        InputError: there are no such modules, no choice is of one block alone, a block has too many candidates, or an
            argument is out of its range.
    """
    if not (0 <= tolerance < float("inf") and 0 < search < 1 and 0 <= joint < float("inf")):
        raise InputError(
            "Method 'diffnas' needs tolerance and joint of at least 0 and search between 0 and 1, got "
            f"{tolerance}, {joint} and {search}."
        )
    one_of("the fall of method 'diffnas'", fall, SCHEDULES)
    ends = blocks_of(space, "diffnas", blocks)
    compared = Compared(space, candidates_of_blocks(space, ends, "diffnas"))
    seam = _BlockByBlock(space, ends, compared, tolerance, search, joint, fall)
    settings = {"blocks": list(blocks), "tolerance": tolerance, "search": search, "joint": joint, "fall": fall}
    return Method(
        "diffnas", settings, schedule=seam, architectures=seam, objective=seam, sharing=PrefixSharing(space),
        update=seam, events=seam, begins_trained=True,
    )  # fmt: skip
