"""Looks at the search examples while training, and what is learnt of them: when to stop, and what was best."""

from collections.abc import Mapping

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Task
from hwnas.contracts.training import ArchitectureSampler
from hwnas.contracts.training_step import Stage
from hwnas.evaluation.calibration import calibrated, drawn
from hwnas.evaluation.examples import examples_of
from hwnas.evaluation.figure import figure_of
from hwnas.evaluation.scores import scores_of_network
from hwnas.supernet import Supernet
from hwnas.training._average import Values
from hwnas.training._checkpoint import Best
from hwnas.training._recipe import Recipe


class Looks:
    """The task's figure of some sub-networks every so many epochs, each with normalisation statistics of its own.

    Args:
        supernet: in training.
        task: its search examples; those of the report are never seen.
        sampler: says which sub-networks are looked at.
        recipe: how often, and for how long without a better figure.

    Raises:
        InputError: the search examples are missing or not understood.
    """

    def __init__(self, supernet: Supernet, task: Task, sampler: ArchitectureSampler, recipe: Recipe) -> None:
        self._supernet, self._task, self._sampler, self._recipe = supernet, task, sampler, recipe
        self._every = recipe.epochs_between_looks
        self.best = Values()
        if self._every is not None:
            self._train, self._search = drawn(examples_of(task, "train")), examples_of(task, "search")

    def refuse_nothing(self, stage: Stage) -> None:
        """Is there something to look at, where the recipe waits for better figures?

        Raises:
            InputError: there is not.
        """
        if self._recipe.patience is not None and not self._sampler.watched(stage):
            raise InputError("This method has no sub-networks to look at while it trains; leave `patience` out.")

    def are_due(self, epoch: int, *, ends_epoch: bool, is_last: bool) -> bool:
        """After a step of `epoch`, from 0, that ends it or the training."""
        return self._every is not None and (is_last or (ends_epoch and (epoch + 1) % self._every == 0))

    def figures(self, stage: Stage) -> dict[str, float]:
        """The task's figure of each sub-network that is looked at, by its role.

        Raises:
            InputError: an output or a score is not a finite number.
        """
        figures = {}
        for role, architecture in self._sampler.watched(stage).items():
            space = self._supernet.space
            network = calibrated(self._supernet, architecture, self._train)
            network = space.lower(architecture, network, self._train.inputs)
            scores = scores_of_network(self._task, network, space.inputs, self._search)
            figures[role] = figure_of(self._task, scores)
        return figures

    def better(self, figures: Mapping[str, float], epoch: int, step: int, before: Best | None) -> Best:
        """The best look so far, after one more; its values are kept where it is that one."""
        mean, sign = sum(figures.values()) / len(figures), self._task.figure.sign
        if before is not None and sign * mean >= sign * before.figure:
            return before
        self.best.keep(self._supernet)
        return Best(figure=mean, epoch=epoch, step=step)

    def end(self, best: Best, epoch: int) -> bool:
        """Whether the training has waited long enough for a better one."""
        return self._recipe.patience is not None and epoch - best.epoch >= self._recipe.patience
