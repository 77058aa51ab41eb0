"""Paths and data by importance (Lu et al., "PA&DA: Jointly Sampling PAth and DAta for Consistent NAS", CVPR 2023).

The variance of a supernet's gradient is least where a sub-network, and an example, is drawn in proportion to the norm
of its gradient. After every epoch, with tau the share of the training that is done,

    P(option) = tau g / sum(g) + (1 - tau) / options,      P(example) = tau s / sum(s) + (1 - tau) / examples,

where s is the distance of the classes' probabilities from the label, which the norm of the last layer's gradient is
proportional to. Both g and s are averaged with what comes after them, in equal parts. As in the published code, losses
are not weighted by 1 / P, so training is drawn towards what has large gradients, not only made steadier.

Where we differ: g of an option is the norm of the gradient of the sub-networks that have it, per square root of the
values that learn in it, where the paper takes the layers of the option, since in an elastic space options have no
layers of their own; and an example that an epoch did not draw keeps its s, where the published code sets it to 0.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import CLASS_AXIS, Rows
from hwnas.contracts.training import ArchitectureSampler, DataSampler, Method
from hwnas.contracts.training_step import Job, State, Statistics, Step

_NO_LABEL = -100  # which PyTorch's cross-entropy leaves out


class _ByGradient(ArchitectureSampler, DataSampler):
    def __init__(self, space: SearchSpace, *, paths: bool, data: bool) -> None:
        self._space, self._paths, self._data = space, paths, data
        self._tau = 0.0
        self._norms = [np.full(size, np.nan) for size in space.sizes]  # NaN: not seen yet
        self._shares = [np.full(size, 1 / size) for size in space.sizes]  # P(option)
        self._distances: FloatArray = np.empty(0)

    def plan(self, step: Step, rng: np.random.Generator) -> Sequence[Job]:
        genome = [
            rng.choice(allowed, p=shares[allowed] / shares[allowed].sum())
            for allowed, shares in zip(step.stage.space.allowed, self._shares, strict=True)
        ]
        return [Job(self._space.decode(np.array(genome)), "random")]

    def order(self, examples: Rows, epoch: int, rng: np.random.Generator) -> IntArray:
        if not len(self._distances):
            self._distances = np.full(len(examples), np.nan)
        if not self._data or not self._tau:
            return super().order(examples, epoch, rng)
        return rng.choice(len(examples), size=len(examples), p=importance(self._distances, self._tau))

    def on_step(self, statistics: Statistics) -> None:
        if self._paths:
            self._learn_path(statistics)
        if self._data:
            self._learn_examples(statistics)
        if statistics.ends_epoch:
            self._tau = (statistics.step.index + 1) / statistics.step.of
            self._shares = [importance(norms, self._tau) for norms in self._norms]

    def _learn_path(self, statistics: Statistics) -> None:
        values = sum(p.numel() for p in statistics.context.parameters.values() if p.grad is not None)
        norm = float(np.linalg.norm(list(statistics.gradient_norms.values()))) / values**0.5
        for job, _ in statistics.context.outputs[:1]:
            for norms, gene in zip(self._norms, self._space.encode(job.architecture), strict=True):
                norms[gene] = averaged(norms[gene], norm)

    def _learn_examples(self, statistics: Statistics) -> None:
        task, rows = statistics.context.task, statistics.step.rows
        if not task.learns_labels:
            raise InputError(
                f"Method 'pa_da' tells by the labels how much an example has to teach, and task {quoted(task.name)} "
                "has a loss of its own; give the setting data=false."
            )
        logits = torch.cat([output.value for _, output in statistics.context.outputs])
        distances = distances_from_labels(logits, statistics.step.batch.labels)
        for row, distance in zip(rows.tolist(), distances.tolist(), strict=True):
            self._distances[row] = averaged(self._distances[row], distance)

    def state(self) -> State:
        return {
            "tau": self._tau,
            **{f"norms/{i}": torch.from_numpy(norms.copy()) for i, norms in enumerate(self._norms)},
            **{f"shares/{i}": torch.from_numpy(shares.copy()) for i, shares in enumerate(self._shares)},
            "distances": torch.from_numpy(self._distances.copy()),
        }

    def restore(self, state: State) -> None:
        self._tau = state["tau"]
        self._norms = [state[f"norms/{i}"].numpy().copy() for i in range(len(self._norms))]
        self._shares = [state[f"shares/{i}"].numpy().copy() for i in range(len(self._shares))]
        self._distances = state["distances"].numpy().copy()


def averaged(before: float, value: float) -> float:
    """Equal parts of what was known and what comes; NaN: nothing was."""
    return value if np.isnan(before) else (before + value) / 2


def importance(figures: FloatArray, tau: float) -> FloatArray:
    """Probabilities ``(n,)``: a share `tau` in proportion to `figures`, the rest equal; NaN counts as their mean."""
    if np.isnan(figures).all() or not np.nansum(figures):
        return np.full(len(figures), 1 / len(figures))
    known = np.where(np.isnan(figures), np.nanmean(figures), figures)
    shares = tau * known / known.sum() + (1 - tau) / len(known)
    return np.asarray(shares / shares.sum())


def distances_from_labels(logits: Tensor, labels: Tensor) -> Tensor:
    """L2 distance of probabilities from labels, ``(n,)``; where every place has a label, the mean over those places."""
    counted = labels != _NO_LABEL
    wanted = one_hot(labels.where(counted, 0), logits.shape[CLASS_AXIS]).movedim(-1, CLASS_AXIS)
    distances: Tensor = (logits.float().softmax(CLASS_AXIS) - wanted).norm(dim=CLASS_AXIS) * counted
    if labels.ndim > 1:
        distances = distances.flatten(1).sum(1) / counted.flatten(1).sum(1).clamp(min=1)
    return distances


def pa_da(space: SearchSpace, *, paths: bool = True, data: bool = True) -> Method:
    """One sub-network per step, drawn like its examples by what they had to teach.

    Args:
        space: what is searched.
        paths: whether options are drawn by importance.
        data: whether examples are; for tasks with labels of classes.

    Raises:
        InputError: neither is.
    """
    if not (paths or data):
        raise InputError("Method 'pa_da' draws paths or data by importance, got neither; train by 'uniform'.")
    seam = _ByGradient(space, paths=paths, data=data)
    return Method("pa_da", {"paths": paths, "data": data}, architectures=seam, data=seam)
