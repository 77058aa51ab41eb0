"""The one training loop: for every step, for every job of the method, forward, loss, backward; then one update.

Everything random is a function of (seed, step), so the loop resumes exactly from tensors and a step number.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hwnas.contracts.errors import InputError
from hwnas.contracts.task import Batch, Task
from hwnas.evaluation.calibration import fast_layout
from hwnas.supernet import Supernet
from hwnas.training._checkpoint import TrainingState, read_checkpoint, write_checkpoint
from hwnas.training._seams import Context, Method

Progress = Callable[[int, int, dict[str, float]], None]
_CURVE_EVERY = 100


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to learn: SGD with Nesterov momentum, linear warm-up, cosine decay to zero.

    Weight decay applies to tensors of two or more dimensions (not to norms and biases).
    """

    epochs: float = 20
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup_steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        positive = (self.epochs, self.learning_rate, self.batch_size)
        if not all(math.isfinite(figure) and figure > 0 for figure in positive):
            raise InputError(
                f"A recipe needs positive epochs, batch size and learning rate, got {self.epochs}, "
                f"{self.batch_size} and {self.learning_rate}."
            )

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of a step."""
        warm = min(1.0, (step + 1) / max(1, min(self.warmup_steps, steps // 4)))
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


class Trainer:
    """Trains `supernet` in place on `task` by `method`; checkpoints in `folder`.

    The same arguments on the same folder continue where a killed run stood and end with the same tensors.
    """

    def __init__(self, supernet: Supernet, task: Task, method: Method, recipe: Recipe, folder: Path) -> None:
        self.supernet, self.task, self.method, self.recipe, self.folder = supernet, task, method, recipe, folder
        self.examples = task.examples("train")
        self.per_epoch = len(self.examples) // recipe.batch_size
        if not self.per_epoch:
            raise InputError(
                f"Task {task.name!r} has {len(self.examples)} training examples, fewer than one batch of "
                f"{recipe.batch_size}; use a smaller batch."
            )
        self.steps = max(1, round(recipe.epochs * self.per_epoch))
        self._parameters = supernet.parameters
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self._parameters.values() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in self._parameters.values() if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.SGD(groups, recipe.learning_rate, recipe.momentum, nesterov=recipe.momentum > 0)
        self._order: tuple[int, np.ndarray] | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same to continue."""
        space = self.supernet.space
        return {
            "recipe": asdict(self.recipe),
            "method": {"name": self.method.name, **self.method.settings},
            "space": json.loads(json.dumps({"name": space.name, "parameters": space.parameters})),
            "task": self.task.name,
        }

    def run(self, progress: Progress = lambda *_: None, save_seconds: float = 30.0) -> None:
        """Train to the end, saving about every `save_seconds`.

        `progress` gets (steps done, steps in all, loss per role) after every step.
        """
        state = self._resume()
        self._save(state)  # a folder that cannot be written is to be heard of now, not after the first minutes
        started = saved = time.monotonic()
        for step in range(state.step, self.steps):
            losses = self._step(step)
            state.step = step + 1
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
            "seconds": round(state.seconds),
            "curve": state.curve,
            "data": dict(self.task.provenance),
        }

    def _resume(self) -> TrainingState:
        found = read_checkpoint(self.folder, self.identity)
        if found is None:
            return TrainingState(identity=self.identity, step=0, seconds=0.0, curve=[])
        state, tensors = found
        with torch.no_grad():
            for name, shared in self.supernet.shared.items():
                stored = tensors.get(f"shared/{name}")
                if stored is None or stored.shape != shared.shape:
                    raise InputError(
                        f"{self.folder} holds a training of another network: {name} should be {tuple(shared.shape)}, "
                        f"got {'none' if stored is None else tuple(stored.shape)}; use another folder."
                    )
                shared.copy_(stored)
        for name, parameter in self._parameters.items():
            if f"momentum/{name}" in tensors:
                self._optimizer.state[parameter] = {"momentum_buffer": tensors[f"momentum/{name}"]}
        return state

    def _save(self, state: TrainingState) -> None:
        tensors = {f"shared/{name}": tensor for name, tensor in self.supernet.shared.items()}
        for name, parameter in self._parameters.items():
            buffer = self._optimizer.state.get(parameter, {}).get("momentum_buffer")
            if buffer is not None:
                tensors[f"momentum/{name}"] = buffer
        write_checkpoint(self.folder, state, tensors)

    def _batch(self, step: int) -> Context:
        epoch, within = divmod(step, self.per_epoch)
        if self._order is None or self._order[0] != epoch:
            rng = np.random.default_rng((self.recipe.seed, 1, epoch))
            self._order = (epoch, rng.permutation(len(self.examples)))
        rows = self._order[1][within * self.recipe.batch_size : (within + 1) * self.recipe.batch_size]
        batch = self.examples.take(rows)
        inputs = self.task.augment(
            tuple(torch.from_numpy(x) for x in batch.inputs), seed=self.recipe.seed * 1_000_003 + step
        )
        return Context(self.task, Batch(tuple(fast_layout(x) for x in inputs), torch.from_numpy(batch.labels)))

    def _step(self, step: int) -> dict[str, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self.recipe.rate(step, self.steps)
        rng = np.random.default_rng((self.recipe.seed, 2, step))
        context = self._batch(step)
        self._optimizer.zero_grad()
        losses: dict[str, float] = {}
        for job in self.method.plan(rng):
            logits = self.supernet(context.batch.inputs, job.architecture, training=True)
            loss = self.method.loss(job, logits, context)
            (job.weight * loss).backward()  # type: ignore[no-untyped-call]
            context.remember(job, logits)
            losses[job.role] = float(loss.detach())
        self._optimizer.step()
        return losses
