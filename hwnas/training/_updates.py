"""One update of the shared tensors: for every batch and every job forward, loss, backward; then clip and step."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.raised import outcome
from hwnas.contracts.task import Batch
from hwnas.contracts.training import Method
from hwnas.contracts.training_step import Context, Job, Step
from hwnas.training._divergence import fault_of_loss, fault_of_update, refuse_no_loss
from hwnas.training._passes import Passes
from hwnas.training._precision import MixedPrecision
from hwnas.training._processes import Processes
from hwnas.training._recipe import Recipe


class DivergedError(Exception):
    """What is wrong, in words; whoever knows where the checkpoint lies says the rest."""


class Updates:
    """Makes the gradients of a step and follows them.

    Args:
        method: plans the jobs, says their loss, and may change an update.
        passes: runs sub-networks.
        recipe: says the optimizer, how many batches make a step, and how long a gradient may be.
        precision: of the passes.
        processes: that take the batches of a step.
    """

    def __init__(
        self, method: Method, passes: Passes, recipe: Recipe, precision: MixedPrecision, processes: Processes
    ) -> None:
        self._method, self._passes, self._recipe, self._precision = method, passes, recipe, precision
        self._processes = processes
        self.renew()

    def renew(self) -> None:
        """Begin with an optimizer of the shared tensors of now, which remembers nothing."""
        self.optimizer = self._recipe.optimizer_of(self._passes.parameters.values())

    @property
    def counted(self) -> list[dict[str, float]]:
        """Numbers that the optimizer has of its groups of tensors: settings, and what some optimizers count up."""
        groups = self.optimizer.param_groups
        return [{n: x for n, x in g.items() if isinstance(x, int | float) and math.isfinite(x)} for g in groups]

    def restore(self, counted: Sequence[Mapping[str, float]]) -> None:
        """Go on from what `counted` gave."""
        for group, numbers in zip(self.optimizer.param_groups, counted, strict=False):  # none in older checkpoints
            group.update(numbers)

    def make(self, context: Context) -> dict[str, float]:
        """Update by the gradients of a step; the last loss of every role, as the mean over the step's batches.

        `context` takes up what the jobs gave, batch after batch.

        Raises:
            DivergedError: a loss or an updated tensor is not finite.
            InputError: a loss is no scalar with a gradient, or an optimizer of one's own raises.
        """
        stage, within, passes = context.step.stage, self._method.update, self._passes.count
        self.optimizer.zero_grad()
        with self._passes.learning(stage.trainable), self._drawing(context.step):
            parts = self._parts(context)
            losses = [self._backward(part) for part in parts]
        context.outputs[:] = [done for part in parts for done in part.outputs]
        self._passes.count = passes + (self._passes.count - passes) * self._processes.count
        self._processes.add_up(p.grad for p in context.parameters.values() if p.grad is not None)
        self._processes.average(self._passes.buffers)
        self._precision.unscale(self.optimizer)
        if self._recipe.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(context.parameters.values(), self._recipe.clip_norm)
        within.before_step(context, self.optimizer)
        outcome(f"The recipe's optimizer fails at step {context.step.index + 1}", self._precision.step, self.optimizer)
        within.after_step(context, self.optimizer)
        _stop_at(fault_of_update(context.parameters.values()) or self._precision.fault)
        means = {role: sum(of_batch[role] for of_batch in losses) / len(losses) for role in losses[0]}
        return self._processes.mean(means, self._passes.supernet.device)

    @contextmanager
    def _drawing(self, step: Step) -> Iterator[None]:
        """Within it what networks draw, as dropout does, is a function of the seed, the step and the process."""
        device = self._passes.supernet.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            seeds = (self._recipe.seed, 3, step.index, *([self._processes.rank] if self._processes.rank else []))
            torch.manual_seed(int(np.random.default_rng(seeds).integers(2**62)))
            yield

    def _parts(self, context: Context) -> Sequence[Context]:
        """The step, or where gradients of several batches are accumulated, each that this process takes."""
        step, size = context.step, self._recipe.batch_size
        if self._recipe.accumulate == 1:
            return [context]
        batches = [slice(first, first + size) for first in range(0, len(step.rows), size)]
        return [replace(context, step=_part(step, rows), outputs=[]) for rows in self._processes.own(batches)]

    def _backward(self, context: Context) -> dict[str, float]:
        step, method = context.step, self._method
        losses: dict[str, float] = {}
        for job in method.architectures.plan(step, np.random.default_rng((self._recipe.seed, 2, step.index))):
            with self._precision.casting():
                output = self._precision.full(self._passes.output(job, step.batch))
                loss = None if job.role == "teacher" else method.objective.loss(job, output, context)
            if loss is not None:
                refuse_no_loss(loss, method.name)
                losses[job.role] = float(loss.detach())
                _stop_at(fault_of_loss(job.role, losses[job.role]))
                self._precision.scaled(job.weight * loss / self._recipe.accumulate).backward()  # type: ignore[no-untyped-call]
                method.update.after_backward(job, context)
            self._refuse_rows(job)
            context.outputs.append((job, output.detached()))
        return losses

    def _refuse_rows(self, job: Job) -> None:
        if job.rows is not None and self._recipe.accumulate > 1:
            raise InputError(
                f"Method {self._method.name!r} gives sub-networks rows of a step of their own, which does not go with "
                f"accumulate = {self._recipe.accumulate}; use 1."
            )


def _part(step: Step, rows: slice) -> Step:
    batch = Batch(tuple(x[rows] for x in step.batch.inputs), step.batch.labels[rows])
    return replace(step, rows=step.rows[rows], batch=batch)


def _stop_at(fault: str) -> None:
    if fault:
        raise DivergedError(fault)
