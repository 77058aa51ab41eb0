"""A recurrent policy over genomes: a long short-term memory that writes one gene after the other (Zoph and Le 2017).

Plain numpy with its own backward pass: a controller has some ten thousand weights, and loading a deep learning library
would take longer than a whole search. Genes are written parents first, and an inactive one is no decision. What is
wanted of an architecture, the weights of the objectives, is the first input; so one controller serves a whole front.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.search_space import SearchSpace


@dataclass(frozen=True)
class Shape:
    """Of a controller.

    Args:
        hidden: units of a layer.
        layers: on top of one another.
        bound: logits are kept within plus and minus this by tanh; 0: they are free.
        temperature: divides the logits.
    """

    hidden: int = 32
    layers: int = 1
    bound: float = 0.0
    temperature: float = 1.0


@dataclass
class _Tape:
    """What the backward pass needs of a forward one: per step, per layer."""

    tokens: list[IntArray | None] = field(default_factory=list)
    cells: list[list[tuple[FloatArray, ...]]] = field(default_factory=list)
    outputs: list[FloatArray] = field(default_factory=list)
    logits: list[FloatArray] = field(default_factory=list)
    chances: list[FloatArray] = field(default_factory=list)


class Controller:
    """The policy.

    Args:
        space: whose genomes it writes.
        m: objectives.
        shape: of the network.
        rng: of the first weights, uniform within a tenth.
    """

    def __init__(self, space: SearchSpace, m: int, shape: Shape, rng: np.random.Generator) -> None:
        self.space = space
        self.shape = shape
        self.order = _parents_first(space)
        self.offsets = np.concatenate([[0], np.cumsum(space.sizes)])
        h, tokens = shape.hidden, int(self.offsets[-1])
        shapes = [(m, h), (tokens, h), (h, tokens), (tokens,)]
        for _ in range(shape.layers):
            shapes += [(2 * h, 4 * h), (4 * h,)]
        self.parameters = [rng.uniform(-0.1, 0.1, size=s) for s in shapes]

    def sample(self, wanted: FloatArray, rng: np.random.Generator) -> IntArray:
        """A canonical genome for each row of wanted weights ``(n, m) -> (n, g)``."""
        return self._write(wanted, None, rng)[0]

    def log_chance(self, genomes: IntArray, wanted: FloatArray) -> FloatArray:
        """Log probability of canonical genomes ``(n, g)`` given what is wanted, ``(n,)``."""
        return self._write(wanted, genomes, None)[1]

    def gradient(
        self, genomes: IntArray, wanted: FloatArray, weights: FloatArray, entropy: float = 0.0
    ) -> list[FloatArray]:
        """Of ``sum(weights * log chance) + entropy * sum of the steps' entropies``, by each parameter."""
        _, _, tape = self._write(wanted, genomes, None)
        active = self.space.active(genomes)
        return self._backward(tape, genomes, active, wanted, weights, entropy)

    def _write(
        self, wanted: FloatArray, genomes: IntArray | None, rng: np.random.Generator | None
    ) -> tuple[IntArray, FloatArray, _Tape]:
        n, h = len(wanted), self.shape.hidden
        written = np.zeros((n, len(self.space.choices)), dtype=np.int64) if genomes is None else genomes
        active = np.ones_like(written, dtype=np.bool_) if genomes is None else self.space.active(genomes)
        state = [(np.zeros((n, h)), np.zeros((n, h))) for _ in range(self.shape.layers)]
        tape, total, token = _Tape(), np.zeros(n), None
        for gene in self.order:
            x = wanted @ self.parameters[0] if token is None else self.parameters[1][token]
            tape.tokens.append(token)
            tape.cells.append([])
            for layer in range(self.shape.layers):
                state[layer], values = self._cell(layer, x, *state[layer])
                tape.cells[-1].append(values)
                x = state[layer][0]
            logits, chances = self._decide(x, int(gene))
            if genomes is None:
                assert rng is not None  # noqa: S101  one of the two is given
                drawn = (rng.random((n, 1)) > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
                active[:, gene] = self.space.active(written)[:, gene]
                written[:, gene] = np.where(active[:, gene], drawn, 0)
            total += np.where(active[:, gene], np.log(chances[np.arange(n), written[:, gene]] + 1e-300), 0.0)
            tape.outputs.append(x)
            tape.logits.append(logits)
            tape.chances.append(chances)
            token = self.offsets[gene] + written[:, gene]
        return written, total, tape

    def _cell(
        self, layer: int, x: FloatArray, hidden: FloatArray, cell: FloatArray
    ) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, ...]]:
        h = self.shape.hidden
        joined = np.concatenate([x, hidden], axis=1)
        z = joined @ self.parameters[4 + 2 * layer] + self.parameters[5 + 2 * layer]
        gates = 1 / (1 + np.exp(-z[:, : 3 * h]))
        into, forget, out = gates[:, :h], gates[:, h : 2 * h], gates[:, 2 * h :]
        new = np.tanh(z[:, 3 * h :])
        after = forget * cell + into * new
        squashed = np.tanh(after)
        return (out * squashed, after), (joined, into, forget, out, new, cell, squashed)

    def _decide(self, x: FloatArray, gene: int) -> tuple[FloatArray, FloatArray]:
        part = slice(self.offsets[gene], self.offsets[gene + 1])
        logits = (x @ self.parameters[2][:, part] + self.parameters[3][part]) / self.shape.temperature
        bounded = self.shape.bound * np.tanh(logits) if self.shape.bound else logits
        chances = np.exp(bounded - bounded.max(axis=1, keepdims=True))
        return logits, chances / chances.sum(axis=1, keepdims=True)

    def _backward(
        self,
        tape: _Tape,
        genomes: IntArray,
        active: BoolArray,
        wanted: FloatArray,
        weights: FloatArray,
        entropy: float,
    ) -> list[FloatArray]:
        n, h = len(genomes), self.shape.hidden
        gradients = [np.zeros_like(p) for p in self.parameters]
        later = [(np.zeros((n, h)), np.zeros((n, h))) for _ in range(self.shape.layers)]
        for step in reversed(range(len(self.order))):
            gene = int(self.order[step])
            part = slice(self.offsets[gene], self.offsets[gene + 1])
            slope = self._decision_slope(tape, step, genomes[:, gene], weights, entropy) * active[:, [gene]]
            gradients[2][:, part] += tape.outputs[step].T @ slope
            gradients[3][part] += slope.sum(axis=0)
            back = slope @ self.parameters[2][:, part].T
            for layer in reversed(range(self.shape.layers)):
                back, later[layer] = self._cell_back(layer, tape.cells[step][layer], back, later[layer], gradients)
            token = tape.tokens[step]
            if token is None:
                gradients[0] += wanted.T @ back
            else:
                np.add.at(gradients[1], token, back)
        return gradients

    def _decision_slope(
        self, tape: _Tape, step: int, options: IntArray, weights: FloatArray, entropy: float
    ) -> FloatArray:
        chances = tape.chances[step]
        slope = -chances * weights[:, None]
        slope[np.arange(len(options)), options] += weights
        if entropy:
            logs = np.log(chances + 1e-300)
            slope -= entropy * chances * (logs - (chances * logs).sum(axis=1, keepdims=True))
        if self.shape.bound:
            slope *= self.shape.bound * (1 - np.tanh(tape.logits[step]) ** 2)
        return np.asarray(slope / self.shape.temperature)

    def _cell_back(
        self,
        layer: int,
        values: tuple[FloatArray, ...],
        back: FloatArray,
        later: tuple[FloatArray, FloatArray],
        gradients: list[FloatArray],
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Slopes by the input and by the state before, from those by the output and by the state after."""
        joined, into, forget, out, new, cell, squashed = values
        by_hidden = back + later[0]
        by_cell = later[1] + by_hidden * out * (1 - squashed**2)
        z = np.concatenate(
            [
                by_cell * new * into * (1 - into),
                by_cell * cell * forget * (1 - forget),
                by_hidden * squashed * out * (1 - out),
                by_cell * into * (1 - new**2),
            ],
            axis=1,
        )
        gradients[4 + 2 * layer] += joined.T @ z
        gradients[5 + 2 * layer] += z.sum(axis=0)
        by_joined = z @ self.parameters[4 + 2 * layer].T
        h = self.shape.hidden
        return by_joined[:, :h], (by_joined[:, h:], by_cell * forget)


def _parents_first(space: SearchSpace) -> IntArray:
    """Genes with more than one option, each after those that switch it on; at least one."""
    index = {choice.name: i for i, choice in enumerate(space.choices)}

    def depth(i: int) -> int:
        return 1 + max((depth(index[parent]) for parent in space.choices[i].active_if), default=0)

    order = sorted(range(len(space.choices)), key=depth)
    return np.array([i for i in order if space.sizes[i] > 1] or order[:1], dtype=np.int64)
