"""Small fully connected networks, several trained side by side; plain numpy, as they have a few thousand weights.

Members differ by their first weights and see the same batches. Losses: ``squared`` or ``absolute`` errors of
standardised figures, or ``pairs``: the logistic loss on the difference of two outputs (Burges et al. 2005), which
learns an order and not a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.words import one_of

Loss = Literal["squared", "absolute", "pairs"]


@dataclass(frozen=True)
class Training:
    """How networks learn: ``hidden`` widths, ``members``, ``epochs``, step size ``rate`` of Adam, rows of a ``batch``,
    ``loss`` and ``decay`` of the weights.
    """

    hidden: tuple[int, ...] = (64, 64)
    members: int = 1
    epochs: int = 100
    rate: float = 0.01
    batch: int = 32
    loss: Loss = "squared"
    decay: float = 0.0

    def __post_init__(self) -> None:
        one_of("the loss of networks", self.loss, get_args(Loss))


@dataclass(frozen=True)
class Networks:
    """Trained members: weights ``(e, a, b)`` and biases ``(e, 1, b)`` per layer."""

    layers: list[tuple[FloatArray, FloatArray]]

    def __call__(self, features: FloatArray) -> FloatArray:
        """Output of each member, ``(n, f) -> (e, n)``."""
        return _forward(self.layers, features)[-1][:, :, 0]


def trained(features: FloatArray, targets: FloatArray, how: Training, rng: np.random.Generator) -> Networks:
    """Networks that map ``(n, f)`` to ``(n,)``; targets should be standardised."""
    widths = [features.shape[1], *how.hidden, 1]
    layers = [
        (rng.standard_normal((how.members, a, b)) * np.sqrt(2 / max(a, 1)), np.zeros((how.members, 1, b)))
        for a, b in pairwise(widths)
    ]
    optimizer = Adam(how.rate)
    for _ in range(how.epochs):
        order = rng.permutation(len(features))
        for i in range(0, len(order), how.batch):
            rows = order[i : i + how.batch]
            passed = _forward(layers, features[rows])
            slope = _slope(passed[-1][:, :, 0], targets[rows], how.loss)
            flat = [p for layer in layers for p in layer]
            gradients = _backward(layers, passed, slope)
            optimizer.step(flat, [g + how.decay * p for g, p in zip(gradients, flat, strict=True)])
    return Networks(layers)


class Adam:
    """Adam (Kingma and Ba 2015), in place; all parameters as one vector, since they are small and many."""

    def __init__(self, rate: float, first: float = 0.9, second: float = 0.999) -> None:
        self.rate, self.first, self.second = rate, first, second
        self.mean = self.square = np.zeros(1)
        self.steps = 0

    def step(self, parameters: list[FloatArray], gradients: list[FloatArray]) -> None:
        """Move the parameters against their gradients."""
        gradient = np.concatenate([g.ravel() for g in gradients])
        self.steps += 1
        self.mean = self.first * self.mean + (1 - self.first) * gradient
        self.square = self.second * self.square + (1 - self.second) * gradient**2
        size = np.sqrt(self.square / (1 - self.second**self.steps)) + 1e-8
        move = self.mean / size * (self.rate / (1 - self.first**self.steps))
        start = 0
        for p in parameters:
            np.subtract(p, move[start : start + p.size].reshape(p.shape), out=p)
            start += p.size


def _forward(layers: list[tuple[FloatArray, FloatArray]], features: FloatArray) -> list[FloatArray]:
    passed = [np.broadcast_to(features, (len(layers[0][0]), *features.shape))]
    for i, (weight, bias) in enumerate(layers):
        x = passed[-1] @ weight + bias
        passed.append(np.maximum(x, 0) if i < len(layers) - 1 else x)
    return passed


def _backward(
    layers: list[tuple[FloatArray, FloatArray]], passed: list[FloatArray], slope: FloatArray
) -> list[FloatArray]:
    """Gradients of all weights and biases, in order, from that of the output ``(e, n)``."""
    gradients: list[FloatArray] = []
    back = slope[:, :, None]
    for i in reversed(range(len(layers))):
        gradients[:0] = [passed[i].transpose(0, 2, 1) @ back, back.sum(axis=1, keepdims=True)]
        if i:
            back = (back @ layers[i][0].transpose(0, 2, 1)) * (passed[i] > 0)
    return gradients


def _slope(output: FloatArray, targets: FloatArray, loss: Loss) -> FloatArray:
    """Derivative of the mean loss by each output, ``(e, n)``."""
    n = len(targets)
    if loss == "squared":
        return np.asarray(2 * (output - targets) / n)
    if loss == "absolute":
        return np.asarray(np.sign(output - targets) / n)
    above = np.sign(targets[:, None] - targets[None, :])
    chance = 1 / (1 + np.exp(np.clip(above * (output[:, :, None] - output[:, None, :]), -30, 30)))
    return np.asarray(-(above * chance).sum(axis=2) / max(np.count_nonzero(above) / 2, 1))
