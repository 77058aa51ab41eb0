"""Which network a sub-network of a study is: inherited, the original, healed, or tuned outside."""

from collections.abc import Mapping
from functools import cached_property

from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.task import Task
from hwnas.evaluation.evaluator import Evaluator
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.delivery.healing import Healer
from hwnas.pipeline.delivery.own_weights import adopt, adopted
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.sharing._memory_format import in_usual_layout
from hwnas.spaces._bits import INT8, bits_of_layers
from hwnas.supernet import Supernet
from hwnas.training._curve import OnStep
from hwnas.training._recipe import Recipe


class Networks:
    """The evaluators of sub-networks, by the weights that these have.

    Args:
        run: of the study.
        supernet: whose weights are inherited.
        task: what the networks are for.
        progress: told of every step.
        baseline: the network that all others are compared with, if one was given.
    """

    def __init__(
        self, run: Run, supernet: Supernet, task: Task, progress: Progress, baseline: nn.Module | None
    ) -> None:
        self.run, self.supernet, self.task, self.progress = run, supernet, task, progress
        self.baseline = baseline
        self._healed_by: Recipe | None = None

    @cached_property
    def original(self) -> Evaluator | None:
        """Of the network that all others are compared with, if there is one.

        Raises:
            InputError: the baseline is another network than the largest sub-network.
        """
        if self.baseline is not None:
            return adopt(self.run, self.supernet, self.task, self.supernet.space.largest, self.baseline)
        space = self.supernet.space
        as_it_came = self.supernet.untouched and INT8 not in bits_of_layers(space, space.largest).values()
        return self._inherited() if as_it_came else None

    def original_of(self, front: Front) -> Evaluator:
        """The same; where there is none now, that which a front was made beside, or the largest sub-network."""
        return self.original or self.of(front, self.supernet.space.largest)

    def healer(self, recipe: Recipe, on_step: OnStep = lambda _: None) -> Healer:
        """Of members, by a recipe, which need not be recorded whole to be followed again."""
        self._healed_by = recipe
        return Healer(self.run, self.supernet, self.task, recipe, self.progress, on_step)

    def of(self, front: Front, architecture: Architecture) -> Evaluator:
        """Of a sub-network with the weights that it has in a front.

        Raises:
            InputError: they are missing or damaged, come of a recipe that must be given again, or were learnt from
                other examples or by another loss than the task has now.
        """
        key, healing = architecture.key, front.healing
        if key in front.adopted:
            return adopted(self.run, self.supernet, self.task, architecture, front.adopted[key])
        if healing is not None and key in healing.before:
            by = self._healed_by  # what was given in Python is not recorded whole
            recipe = by if by is not None and by.settings == healing.recipe else Recipe.recorded(healing.recipe)
            healer = Healer(self.run, self.supernet, self.task, recipe, self.progress)
            if healing.weights not in {"", healer.weights}:
                raise InputError(
                    f"The members of this front learnt by another loss or from other examples than task "
                    f"{quoted(self.task.name)} has now, or by another text of their recipe; heal again, or give all as "
                    "it was."
                )
            return healer.evaluators([architecture])[key]
        return self._inherited()

    def plain(self, front: Front | None, architecture: Mapping[str, Option]) -> nn.Module:
        """A sub-network as it is in a front; without one, as it is inherited.

        Raises:
            InputError: the space has no such architecture; and as `of`.
        """
        asked = self.supernet.space.architecture(architecture)
        evaluator = self._inherited() if front is None else self.of(front, asked)
        return in_usual_layout(evaluator.network(asked))

    def _inherited(self) -> Evaluator:
        return Evaluator(self.supernet, self.task, self.run.archive)


def refuse_to_heal(front: Front, largest: Architecture) -> None:
    """Refuse to heal a front with members that were tuned outside: healing begins with inherited weights.

    Raises:
        InputError: it has such a member, other than the original.
    """
    if tuned := [key for key in front.adopted if key != largest.key]:
        raise InputError(
            f"Sub-network {tuned[0]} of this front was tuned outside, which healing would lose; heal a front before "
            "its members are tuned."
        )


def refuse_to_replace_original(front: Front, architecture: Architecture) -> None:
    """Refuse another network in place of the one that a front is compared with.

    Raises:
        InputError: the architecture is that of the original.
    """
    if front.original is not None and architecture.key == front.original.key:
        raise InputError(
            f"Sub-network {architecture.key} is the original that all others are compared with; give one that was "
            "tuned as Study(..., baseline=network) of another folder, or tune a smaller one."
        )
