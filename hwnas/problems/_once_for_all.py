"""Once-for-All's MobileNetV3 space: accuracy by its own predictor, latency by an operator table, multiply-adds counted.

Cai and others, ICLR 2020. 45 choices, about 10^19 networks: nobody knows the true front.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.problem import Problem
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.trial import Trial
from hwnas.problems._public import public_bytes, public_file

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
WIDTHS, STRIDES, SQUEEZED = (24, 32, 48, 96, 136, 192), (2, 2, 2, 1, 2), (False, True, False, True, True)
RESOLUTION = 224
_FINAL, _FEATURES, _CLASSES = 1152, 1536, 1000
_WEIGHTS, _TABLES = "ofa_mbv3_acc_predictor_weights.npz", "ofa_latency_luts.json.gz"
_BLOCK = re.compile(r"expanded_conv-input:(\d+x)\1(\d+)-output:(\d+x)\3(\d+)-expand:(\d+)-kernel:(\d+)")


def ofa_space() -> SearchSpace:
    """45 choices: five depths, then a kernel and an expansion for each of 20 blocks."""
    choices = [Choice(f"depth{s}", DEPTHS) for s in range(5)]
    for kind, options in (("kernel", KERNELS), ("expansion", EXPANSIONS)):
        for s in range(5):
            for b in range(4):
                active = {f"depth{s}": tuple(d for d in DEPTHS if d > b)}
                choices.append(Choice(f"{kind}{s}.{b}", options, active_if=active))
    return SearchSpace(choices, name="ofa_mobilenetv3")


def mega_macs(space: SearchSpace, genomes: IntArray) -> FloatArray:
    """Millions of multiply-adds at 224 pixels, ``(n,)``; equal to the published counts on the width-1.0 table when so
    set.
    """
    active, side = space.active(genomes), RESOLUTION // 2
    kernels, expansions = np.array(KERNELS), np.array(EXPANSIONS)
    total = np.full(len(genomes), float(side**2 * WIDTHS[0] * (27 + 9 + WIDTHS[0])))
    for i in range(20):
        stage, first = i // 4, i % 4 == 0
        into, out = WIDTHS[stage] if first else WIDTHS[stage + 1], WIDTHS[stage + 1]
        after = side // STRIDES[stage] if first else side
        middle = into * expansions[genomes[:, 25 + i]]
        block = side**2 * into * middle + after**2 * middle * (kernels[genomes[:, 5 + i]] ** 2 + out)
        if SQUEEZED[stage]:
            block = block + 2 * middle * np.maximum(8, (middle // 4 + 4) // 8 * 8)
        total += block * active[:, 5 + i]
        side = after
    return np.asarray((total + side**2 * WIDTHS[-1] * _FINAL + _FINAL * _FEATURES + _FEATURES * _CLASSES) / 1e6)


class Truth:
    """The published predictor and operator tables, asked for canonical genomes ``(n, 45)``.

    Raises:
        InputError: a file is missing, or not what was published.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        try:
            with np.load(BytesIO(public_file(_WEIGHTS).read_bytes()), allow_pickle=False) as weights:
                self.layers = [(weights[f"w{i}"].T.astype(float), weights[f"b{i}"].astype(float)) for i in range(4)]
            self.tables: dict[str, dict[str, dict[str, float]]] = json.loads(public_bytes(_TABLES))
        except (KeyError, ValueError, OSError) as error:
            raise InputError(f"{_WEIGHTS} or {_TABLES} is damaged ({error}); copy them there again.") from error

    def accuracy(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Predicted ImageNet top-1, percent, ``(n,)``."""
        size = np.zeros((len(genomes), 8))
        size[:, (resolution - 112) // 16] = 1
        x = np.concatenate([self.space.one_hot(genomes)[:, 15:], size], axis=1)
        for weight, bias in self.layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self.layers[-1]
        return np.asarray(100 * (x @ weight + bias)[:, 0])

    def note10_ms(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Latency on a Galaxy Note10: the sum over the operators of a network, ``(n,)``."""
        table = self.tables[f"note10_r{resolution}"]
        fixed = sum(v["mean"] for k, v in table.items() if not k.startswith("expanded") or "expand:24-" in k)
        blocks: dict[tuple[int, bool], list[float]] = {}
        for name, value in table.items():
            if (match := _BLOCK.match(name)) and match[5] != "24":
                into, out = int(match[2]), int(match[4])
                option = KERNELS.index(int(match[6])) * 3 + EXPANSIONS.index(int(match[5]) // into)
                blocks.setdefault((WIDTHS.index(out) - 1, into != out), [0.0] * 9)[option] = value["mean"]
        active = self.space.active(genomes)
        total = np.full(len(genomes), fixed)
        for i in range(20):
            costs = np.array(blocks[i // 4, i % 4 == 0])
            total += costs[genomes[:, 5 + i] * 3 + genomes[:, 25 + i]] * active[:, 5 + i]
        return total


class OnceForAll(Problem):
    """Accuracy against one cost of this space.

    Args:
        title: one line for pictures.
        cost: what is minimised beside the accuracy.
        spent: computes it, ``(n, 45) -> (n,)``.
    """

    def __init__(self, title: str, cost: Objective, spent: Callable[[Truth, IntArray], FloatArray]) -> None:
        self.title, self.space = title, ofa_space()
        self.objectives = (Objective("accuracy", "max", "%"), cost)
        self.truth, self._spent = Truth(self.space), spent

    def costs(self, genomes: IntArray) -> FloatArray:
        """Minimised: minus accuracy, and the cost, ``(n, 2)``."""
        return np.stack([-self.truth.accuracy(genomes), self._spent(self.truth, genomes)], axis=1)

    def evaluate(
        self, architectures: Sequence[Architecture], trials: Sequence[Trial] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Accuracy and the cost of each; see `Problem.evaluate`."""
        asked = [trial.architecture for trial in trials] if trials is not None else architectures
        if asked:
            names = [objective.name for objective in self.objectives]
            costs = self.costs(np.stack([self.space.encode(a) for a in asked]))
            yield from (dict(zip(names, (-float(row[0]), float(row[1])), strict=True)) for row in costs)
