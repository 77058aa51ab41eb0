"""The one training loop: for every step, for every job of the method, forward, loss, backward; then one update.

Everything random is a function of (seed, step) and of what the seams have in their state, so the loop resumes exactly
from a checkpoint.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Task
from hwnas.contracts.training import Method
from hwnas.contracts.training_events import Event, NewTask, Shrink, Split
from hwnas.contracts.training_step import Context, Statistics, Step
from hwnas.evaluation.door import admit_training
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import TrainingState, read_checkpoint, write_checkpoint
from hwnas.training._data import Data
from hwnas.training._divergence import fault_of_loss, fault_of_update
from hwnas.training._edits import copy_tensors, edit, optimizer_of_copies
from hwnas.training._passes import Passes
from hwnas.training._recipe import Recipe
from hwnas.training._snapshot import restore_memory, restore_shared, snapshot
from hwnas.training._stages import Stages, stages_of, steps_within

OnStep = Callable[[int, int, dict[str, float]], None]
_CURVE_EVERY = 100
_ORDER = "order"


class Trainer:
    """Trains `supernet` in place on `task` by `method`; checkpoints in `folder`.

    The same arguments on the same folder continue where a killed run stood and end with the same tensors.

    Raises:
        InputError: the supernet's sharing scheme is not the method's, the budget or the data is too small, or the
            task's data, its loss or the networks' outputs are not understood.
    """

    def __init__(self, supernet: Supernet, task: Task, method: Method, recipe: Recipe, folder: Path) -> None:
        self.supernet, self.task, self.method, self.recipe, self.folder = supernet, task, method, recipe, folder
        if method.sharing is not None and method.sharing.name != supernet.sharing.name:
            raise InputError(
                f"Method {method.name!r} trains with sharing scheme {method.sharing.name!r}, the supernet has "
                f"{supernet.sharing.name!r}; make it with `Supernet(space, method.sharing)`."
            )
        self._data = Data(task, method.data, recipe)
        admit_training(supernet, task, self._data.examples)
        self._passes = Passes(supernet, task, self._data.examples, method.objective)
        if recipe.passes is None:
            self.steps = max(1, round(recipe.epochs * self._data.steps_per_epoch))
        else:
            self.steps = steps_within(method, supernet.space, recipe.passes, recipe.rate)
        self._stages = Stages(stages_of(method, supernet.space, self.steps, recipe.rate))
        self._optimizer = recipe.optimizer(self._passes.parameters.values())

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same to continue."""
        space, sharing = self.supernet.space, self.supernet.sharing
        identity = {
            "recipe": asdict(self.recipe),
            "method": {"name": self.method.name, **self.method.settings},
            "sharing": {"name": sharing.name, **sharing.settings},
            "space": SpaceRecord.of(space).model_dump(),
            "task": self.task.name,
        }
        read: dict[str, Any] = json.loads(json.dumps(identity))  # as it will be read: lists for tuples
        return read

    def run(self, progress: OnStep = lambda *_: None, save_seconds: float = 30.0) -> None:
        """Train to the end, saving about every `save_seconds`.

        `progress` gets (steps done, steps in all, loss per role) after every step.

        Raises:
            InputError: the folder holds another training, or a loss or a tensor is not finite any more.
        """
        state = self._resume()
        self._save(state)  # a folder that cannot be written is to be heard of now, not after the first minutes
        started = saved = time.monotonic()
        for index in range(state.step, self.steps):
            losses = self._step(index, state)
            state.step = index + 1
            if state.step % _CURVE_EVERY == 0 or state.step == self.steps:
                state.curve.append({"step": float(state.step), **losses})
            progress(state.step, self.steps, losses)
            now = time.monotonic()
            if now - saved > save_seconds or state.step == self.steps:
                state.seconds += now - started
                started = saved = now
                self._save(state)
        self.supernet.record = {
            **self.identity,
            "steps": state.step,
            "passes": round(self._passes.count),
            "seconds": round(state.seconds),
            "curve": state.curve,
            "data": dict(self.task.provenance),
        }

    def _resume(self) -> TrainingState:
        found = read_checkpoint(self.folder, self.identity)
        if found is None:
            return TrainingState(identity=self.identity)
        state, tensors = found
        self.supernet.sharing.restore(state.sharing)
        copy_tensors(self.supernet, state.copies)
        restore_shared(self.supernet, tensors, self.folder)
        self._optimizer = self.recipe.optimizer(self.supernet.parameters.values())
        restore_memory(self.supernet, self._optimizer, self.method, tensors, state.values)
        self._stages.narrow(state.kept)
        self._passes.count = state.passes
        order = tensors.get(_ORDER)
        self._data.resume(state.epoch, state.within, None if order is None else order.numpy())
        return state

    def _save(self, state: TrainingState) -> None:
        tensors, state.values = snapshot(self.supernet, self._optimizer, self.method)
        state.sharing = dict(self.supernet.sharing.state())
        state.passes = self._passes.count
        state.epoch, state.within, order = self._data.epoch, self._data.within, self._data.order
        if order is not None:
            tensors[_ORDER] = torch.from_numpy(order)
        write_checkpoint(self.folder, state, tensors)

    def _step(self, index: int, state: TrainingState) -> dict[str, float]:
        stage, within = self._stages.at(index)
        for group in self._optimizer.param_groups:
            group["lr"] = stage.rate(within)
        epoch, rows, ends_epoch = self._data.rows()
        step = Step(index, self.steps, epoch, stage, rows, self._data.batch(rows, index))
        context = Context(step, self.task, self._passes.parameters)
        self._optimizer.zero_grad()
        with self._passes.learning(stage.trainable):
            losses = self._backward(context)
        self.method.update.before_step(context, self._optimizer)
        self._optimizer.step()
        self.method.update.after_step(context, self._optimizer)
        self._stop_at(step, fault_of_update(context.parameters.values()))
        done = Statistics(context, self._passes.count, losses, ends_epoch, ends_stage=within + 1 == stage.steps)
        for seam in self.method.seams.values():
            seam.on_step(done)
        for event in self.method.events.edits(done, self._passes):
            self._apply(state, event)
        return losses

    def _backward(self, context: Context) -> dict[str, float]:
        step, objective = context.step, self.method.objective
        losses: dict[str, float] = {}
        for job in self.method.architectures.plan(step, np.random.default_rng((self.recipe.seed, 2, step.index))):
            output = self._passes.output(job, step.batch)
            if job.role != "teacher":
                loss = objective.loss(job, output, context)
                losses[job.role] = float(loss.detach())
                self._stop_at(step, fault_of_loss(job.role, losses[job.role]))
                (job.weight * loss).backward()  # type: ignore[no-untyped-call]
                self.method.update.after_backward(job, context)
            context.outputs.append((job, output.detached()))
        return losses

    def _stop_at(self, step: Step, fault: str) -> None:
        if fault:
            raise InputError(
                f"The training diverged at step {step.index + 1} of {step.of}: {fault}; train into another folder with "
                f"a learning rate below {self.recipe.learning_rate:g}. {self.folder} keeps the last checkpoint before."
            )

    def _apply(self, state: TrainingState, event: Event) -> None:
        before = self.supernet.shared
        copies = edit(self.supernet, self._optimizer, event)
        if isinstance(event, Split):
            self._optimizer = optimizer_of_copies(self.recipe, self._optimizer, before, self.supernet, copies)
            state.copies |= copies
        elif isinstance(event, Shrink):
            kept = SubSpace(self.supernet.space, state.kept).narrowed(event.space.options)
            state.kept = {name: list(options) for name, options in kept.options.items()}
            self._stages.narrow(state.kept)
        elif isinstance(event, NewTask):
            self._data.next_epoch()
        for seam in self.method.seams.values():
            seam.on_event(event)
