"""Several parts of a space, each with weights of its own, taught without labels (Xu et al., "Few-shot Task-agnostic
Neural Architecture Search for Distilling Large Language Models", NeurIPS 2022).

For a supernet that begins as a trained network (``--init``): its largest sub-network, kept as it came, teaches. The
options of one choice are divided into `parts`, and each part of the space trains weights of its own, begun as the
network's, by the sandwich rule. What is learnt are the teacher's answers, and how the positions within an example
relate to one another in it: relations are of one size whatever the widths are. No label is looked at; sub-networks can
be chosen without one too, see `hwnas.taught_by`.

Where we differ: relations are those of the outputs of one module, in one head, where the paper has queries, keys and
values of the last layer; answers are learnt beside them, since the classifier is a part of the networks here; and parts
are options of a choice of this space, where the paper makes three spaces.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.training import ArchitectureSampler, Events, Method
from hwnas.contracts.training_events import Event, Probe, Split
from hwnas.contracts.training_step import FORWARD_ONLY, Context, Job, Output, Stage, State, Statistics, Step
from hwnas.sharing.members import MembersSharing
from hwnas.training._original import TaughtByOriginal
from hwnas.training._relations import last_related, relation_loss
from hwnas.training._samplers import in_turn
from hwnas.training._size import parts_of


class _Distilled(ArchitectureSampler, TaughtByOriginal, Events):
    def __init__(self, space: SearchSpace, parts: Sequence[SubSpace], weight: float, randoms: int) -> None:
        super().__init__(space)
        self._parts, self._weight, self._randoms = parts, weight, randoms
        related = last_related(space) if weight else None
        self.features = [] if related is None else [related]
        self._is_split = len(parts) == 1

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        number = in_turn(step, self._parts)
        space = step.stage.space.narrowed(self._parts[number].options)
        drawn = [space.space.decode(genome) for genome in space.sample(self._randoms, rng)]
        member = number if self._is_split else None
        jobs = [Job(architecture, "random", member=member) for architecture in (space.largest, *drawn, space.smallest)]
        return [Job(space.space.largest, "teacher"), *jobs]

    def passes(self, stage: Stage) -> float:  # noqa: ARG002  the same in all
        return self._randoms + 2 + FORWARD_ONLY

    def loss(self, job: Job, output: Output, context: Context) -> Tensor:
        teacher = context.teacher(job)
        if teacher is None:
            return super().loss(job, output, context)
        loss = context.task.distil(output.value, teacher.value)
        for name, feature in output.features.items():
            loss = loss + self._weight * relation_loss(feature.output, teacher.features[name].output)
        return loss

    def edits(self, statistics: Statistics, probe: Probe) -> Sequence[Event]:  # noqa: ARG002
        return () if self._is_split else [Split(0, self._parts)]

    def on_event(self, event: Event) -> None:
        self._is_split = self._is_split or isinstance(event, Split)

    def state(self) -> State:
        return {"is_split": self._is_split, **super().state()}

    def restore(self, state: State) -> None:
        self._is_split = state["is_split"]
        super().restore({name: tensor for name, tensor in state.items() if name != "is_split"})


def autodistil(
    space: SearchSpace, *, parts: int = 2, choice: str | None = None, relations: float = 1.0, randoms: int = 1
) -> Method:
    """Largest, `randoms` uniformly drawn, and smallest sub-network of one part per step, in turns.

    Args:
        space: what is searched.
        parts: of the space, at least 1, each with its own weights.
        choice: whose options are divided, one that is active in every architecture; None: the one that changes sizes
            most.
        relations: weight of relations beside the teacher's answers, at least 0.
        randoms: how many.

    Raises:
        InputError: no such choice has as many options as there are parts, or an argument is out of its range.
    """
    if parts < 1 or not 0 <= relations < float("inf") or randoms < 0:
        raise InputError(
            "Method 'autodistil' needs parts of at least 1 and relations and randoms of at least 0, got "
            f"{parts}, {relations} and {randoms}."
        )
    divided = [SubSpace(space)] if parts == 1 else parts_of(space, parts, "autodistil", choice)
    if divided is None:
        asked = "one of its choices" if choice is None else f"choice {quoted(choice)}"
        raise InputError(
            f"Method 'autodistil' divides the options of {asked} of space {space.name!r} into {parts}, which should be "
            "ordered, active in every architecture and have as many; give fewer parts or another choice."
        )
    seam = _Distilled(space, divided, relations, randoms)
    settings = {"parts": parts, "choice": choice, "relations": relations, "randoms": randoms}
    return Method(
        "autodistil",
        settings,
        architectures=seam,
        objective=seam,
        sharing=MembersSharing(space),
        update=seam,
        events=seam,
        begins_trained=True,
    )
