"""The one training loop: for every step, for every job of the method, forward, loss, backward; then one update.

Everything random is a function of (seed, step) and of what the seams have in their state, so the loop resumes exactly
from a checkpoint.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Task
from hwnas.contracts.training import Method
from hwnas.contracts.training_events import Event, NewTask, Shrink, Split
from hwnas.contracts.training_step import Context, Stage, Statistics, Step
from hwnas.evaluation.accelerator import accelerator
from hwnas.evaluation.door import admit_training
from hwnas.heap import kept_memory
from hwnas.supernet import Supernet
from hwnas.training._average import Average, Memory, Values
from hwnas.training._checkpoint import TrainingState, read_checkpoint, write_checkpoint
from hwnas.training._curve import OnStep, StepDone, write_curve
from hwnas.training._data import Data
from hwnas.training._edits import copy_tensors, edit, remember_copies
from hwnas.training._looks import Looks
from hwnas.training._passes import Passes
from hwnas.training._precision import MixedPrecision
from hwnas.training._processes import Processes, refuse_unshared
from hwnas.training._recipe import Recipe
from hwnas.training._record import identity_of, record_of
from hwnas.training._smoothing import smoothed
from hwnas.training._snapshot import restore_memory, restore_shared, snapshot
from hwnas.training._stages import Stages, stages_of, steps_within, warn_of_left_out
from hwnas.training._updates import DivergedError, Updates

_ORDER = "order"


class Trainer:
    """Trains `supernet` in place on `task` by `method`; checkpoints in `folder`.

    The same arguments on the same folder continue where a killed run stood and end with the same tensors.

    Args:
        supernet: lies afterwards where it did before.
        task: what it learns.
        method: how.
        recipe: how long and how fast.
        folder: of the run.
        on: where to compute, see `hwnas.evaluation.accelerator`; None: where the supernet lies.
        origin: what the supernet began as, if not as its seed says; a run continues only with the same.
        processes: that train together. Each accumulates as many batches as the recipe says, so the run is that of a
            recipe which accumulates those of all, and may go on in one process, or in another number of them.

    Raises:
        InputError: the supernet's sharing scheme is not the method's, the budget or the data is too small, the device
            is not there, or the task's data, its loss or the networks' outputs are not understood.
    """

    def __init__(
        self,
        supernet: Supernet,
        task: Task,
        method: Method,
        recipe: Recipe,
        folder: Path,
        on: str | None = None,
        *,
        origin: Mapping[str, str] | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.processes = processes or Processes()
        refuse_unshared(method, self.processes)
        recipe = replace(recipe, accumulate=recipe.accumulate * self.processes.count)
        self.origin = dict(origin or {})
        self.supernet, self.task, self.method, self.recipe, self.folder = supernet, task, method, recipe, folder
        if method.sharing is not None and method.sharing.name != supernet.sharing.name:
            raise InputError(
                f"Method {method.name!r} trains with sharing scheme {method.sharing.name!r}, the supernet has "
                f"{supernet.sharing.name!r}; make it with `Supernet(space, method.sharing)`."
            )
        self.device = supernet.device if on is None else accelerator(on)
        self._home = supernet.device
        self._taught = smoothed(task, recipe.label_smoothing)
        self._data = Data(task, method.data, recipe, self.device)
        admit_training(supernet, task, self._data.examples)
        self._passes = Passes(supernet, task, self._data.examples, method.objective)
        if recipe.passes is None:
            self.steps = max(1, round(recipe.epochs * self._data.steps_per_epoch))
        else:
            self.steps = steps_within(method, supernet.space, recipe.passes, recipe.rate, recipe.accumulate)
        self._stages = Stages(stages_of(method, supernet.space, self.steps, recipe.rate))
        if not self.processes.rank:
            warn_of_left_out(method, supernet.space, self.steps, recipe.rate)
        self._precision = MixedPrecision(recipe.precision, self.device.type)
        self._updates = Updates(method, self._passes, recipe, self._precision, self.processes)
        self._looks = Looks(supernet, task, method.architectures, recipe)
        self._looks.refuse_nothing(self._stages.at(0)[0])
        self._average = Average(recipe.average) if recipe.average else None

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same to continue."""
        return identity_of(self.supernet, self.task, self._data.examples, self.method, self.recipe, self.origin)

    @kept_memory()
    def run(self, on_step: OnStep = lambda _: None, save_seconds: float = 30.0) -> None:
        """Train to the end, or until the search examples say so, saving about every `save_seconds`.

        `on_step` is told of every step.

        Raises:
            InputError: the folder holds another training, or a loss or a tensor is not finite any more.
        """
        self.supernet.to(self.device)
        state = self._resume()
        self.processes.begin(self.supernet.shared.values())
        self._save(state)  # a folder that cannot be written is to be heard of now, not after the first minutes
        started = saved = time.monotonic()
        while state.step < self.steps and not state.stopped:
            done = self._step(state.step, state)
            state.step = done.step
            if done.is_kept:
                state.curve.append(done.line())
            on_step(done)
            now = time.monotonic()
            if now - saved > save_seconds or state.step == self.steps or state.stopped:
                state.seconds += now - started
                started = saved = now
                self._save(state)
        self.processes.refuse_unlike(self.supernet.parameters.values())
        self._hand_out(state)

    def _hand_out(self, state: TrainingState) -> None:
        """What was best or average, where the recipe says so, and the record of it all."""
        if state.best is not None:
            self._looks.best.take(self.supernet)
        elif self._average is not None:
            self._average.take(self.supernet)
        self.supernet.to(self._home)
        self.supernet.record = record_of(state, self.device, self.task)

    def _memories(self) -> Mapping[str, Memory]:
        average = {} if self._average is None else {"average": self._average}
        return {"optimizer": self._updates.optimizer, **average, "best": self._looks.best}

    def _resume(self) -> TrainingState:
        identity = self.identity
        checkpoint = read_checkpoint(self.folder, identity)
        if checkpoint is None:
            return TrainingState(identity=identity)
        state, tensors = checkpoint
        self.supernet.sharing.restore(state.sharing)
        copy_tensors(self.supernet, state.copies)
        restore_shared(self.supernet, tensors, self.folder)
        self._updates.renew()
        restore_memory(self.supernet, self._memories(), self.method, tensors, state.values)
        self._precision.restore(state.scaling)
        self._updates.restore(state.counted)
        self._stages.narrow(state.kept)
        self._passes.count = state.passes
        order = tensors.get(_ORDER)
        self._data.resume(state.epoch, state.within, None if order is None else order.numpy())
        return state

    def _save(self, state: TrainingState) -> None:
        if self.processes.rank:
            return
        tensors, state.values = snapshot(self.supernet, self._memories(), self.method)
        state.sharing = dict(self.supernet.sharing.state())
        state.scaling, state.counted = dict(self._precision.state()), self._updates.counted
        state.passes = self._passes.count
        state.epoch, state.within, order = self._data.epoch, self._data.within, self._data.order
        if order is not None:
            tensors[_ORDER] = torch.from_numpy(order)
        write_checkpoint(self.folder, state, tensors)
        write_curve(self.folder, state.curve)

    def _step(self, index: int, state: TrainingState) -> StepDone:
        stage, within = self._stages.at(index)
        rate = stage.rate(within)
        for group in self._updates.optimizer.param_groups:
            group["lr"] = rate
        epoch, rows, ends_epoch = self._data.rows()
        step = Step(index, self.steps, epoch, stage, rows, self._data.batch(rows, index))
        context = Context(step, self._taught, self._passes.parameters)
        try:
            losses = self._updates.make(context)
        except DivergedError as error:
            raise InputError(
                f"The training diverged at step {step.index + 1} of {step.of}: {error}; train into another folder with "
                f"a learning rate below {self.recipe.learning_rate:g}. {self.folder} keeps the last checkpoint before."
            ) from error
        if self._average is not None:
            self._average.follow(self.supernet, index)
        done = Statistics(context, self._passes.count, losses, ends_epoch, ends_stage=within + 1 == stage.steps)
        for seam in self.method.seams.values():
            seam.on_step(done)
        for event in self.method.events.edits(done, self._passes):
            self._apply(state, event)
        looked = self._looks.are_due(epoch, ends_epoch=ends_epoch, is_last=index + 1 == self.steps)
        figures = self._look(state, stage, step) if looked else {}
        return StepDone(index + 1, self.steps, epoch, rate, self._passes.count, losses, figures)

    def _look(self, state: TrainingState, stage: Stage, step: Step) -> dict[str, float]:
        """The figures of what would be handed out now; whether they are the best, and whether it is time to stop."""
        with (self._average or Values()).lent(self.supernet):
            figures = self.processes.mean(self._looks.figures(stage), self.device)
            if self.recipe.patience is not None and self._stages.is_in_last(step.index):
                state.best = self._looks.better(figures, step.epoch, step.index + 1, state.best)
                state.stopped = step.index + 1 < self.steps and self._looks.end(state.best, step.epoch)
        return figures

    def _apply(self, state: TrainingState, event: Event) -> None:
        before, remembered = self.supernet.shared, {name: dict(m.state) for name, m in self._memories().items()}
        copies = edit(self.supernet, list(self._memories().values()), event)
        if isinstance(event, Split):
            self._updates.renew()
            for name, memory in self._memories().items():
                remember_copies(memory, remembered[name], before, self.supernet, copies)
            state.copies |= copies
        elif isinstance(event, Shrink):
            narrowed = SubSpace(self.supernet.space, state.kept).narrowed(event.space.options)
            state.kept = {name: list(options) for name, options in narrowed.options.items()}
            self._stages.narrow(state.kept)
        elif isinstance(event, NewTask):
            self._data.next_epoch()
        for seam in self.method.seams.values():
            seam.on_event(event)
