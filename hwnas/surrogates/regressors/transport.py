"""Distance between networks by optimal transport of their layers (OTMANN; Kandasamy et al. 2018, arXiv:1802.07191).

A network is a bag of layers, each with a kind, an option, a mass and a place. Layers of one network are matched with
those of the other; a match costs the difference of their options plus ``nu`` times the difference of their places; what
finds no match at less than two goes to nothing, at one per unit of mass. Masses are whole numbers, so the cheapest
transport is an assignment of units and needs no linear programme.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.search_space import SearchSpace

_CLOSED = 2.0  # at this cost a match is no better than two units that go to nothing


class Layer(NamedTuple):
    """One layer: ``kind`` (unlike kinds never match), ``option`` (a number or a word), ``place`` (such as its shortest
    and longest way from the input and to the output) and ``mass``.
    """

    kind: str
    option: Option
    place: tuple[float, ...]
    mass: int = 1


Layers = Callable[[Architecture], Sequence[Layer]]


def as_chain(space: SearchSpace) -> Layers:
    """Every active choice is a layer; its kind is its name without numbers, its places are how many are before and
    behind it, as shares.
    """
    kinds = {choice.name: "".join(c for c in choice.name if not c.isdigit()) for choice in space.choices}

    def layers(architecture: Architecture) -> list[Layer]:
        active = [name for name in space.names if name in architecture]
        last = max(1, len(active) - 1)
        return [Layer(kinds[n], architecture[n], (i / last, 1 - i / last)) for i, n in enumerate(active)]

    return layers


@dataclass
class Transport:
    """`Distances`: for each nu the transport cost over both masses, and its square (twice as many as nus).

    Args:
        space: of the genomes.
        layers: what a network is made of.
        nus: weights of places against options.
    """

    space: SearchSpace
    layers: Layers
    nus: tuple[float, ...]
    _units: dict[bytes, tuple[IntArray, FloatArray]] = field(default_factory=dict)
    _labels: dict[tuple[str, Option], int] = field(default_factory=dict)
    _found: dict[tuple[bytes, bytes], FloatArray] = field(default_factory=dict)  # also of the batches before

    def __call__(self, one: IntArray, other: IntArray) -> FloatArray:
        """See `Distances`."""
        rows = [row.tobytes() for row in np.ascontiguousarray(one)]
        columns = [row.tobytes() for row in np.ascontiguousarray(other)]
        for genome, name in zip([*one, *other], [*rows, *columns], strict=True):
            if name not in self._units:
                self._units[name] = self._units_of(genome)
        mismatch = self._mismatches()
        apart = np.empty((len(self.nus), len(rows), len(columns)))
        for i, a in enumerate(rows):
            for j, b in enumerate(columns):
                pair = (a, b) if a < b else (b, a)
                if pair not in self._found:
                    self._found[pair] = self._transport(*pair, mismatch)
                apart[:, i, j] = self._found[pair]
        return np.concatenate([apart, apart**2])

    def _units_of(self, genome: IntArray) -> tuple[IntArray, FloatArray]:
        """Label numbers ``(u,)`` and places ``(u, p)`` of all units of mass."""
        units = [layer for layer in self.layers(self.space.decode(genome)) for _ in range(layer.mass)]
        labels = [self._labels.setdefault((layer.kind, layer.option), len(self._labels)) for layer in units]
        return np.array(labels, dtype=np.int64), np.array([layer.place for layer in units], dtype=np.float64)

    def _mismatches(self) -> FloatArray:
        labels = list(self._labels)
        return np.array([[label_cost(a, b) for b in labels] for a in labels])

    def _transport(self, one: bytes, other: bytes, mismatch: FloatArray) -> FloatArray:
        from scipy.optimize import linear_sum_assignment

        (labels, places), (others, where) = self._units[one], self._units[other]
        total = len(labels) + len(others)
        if not len(labels) or not len(others):
            return np.full(len(self.nus), 1.0 if total else 0.0)
        label = mismatch[labels[:, None], others[None, :]]
        place = np.abs(places[:, None, :] - where[None, :, :]).mean(axis=2)
        spare = abs(len(labels) - len(others))
        costs = np.empty(len(self.nus))
        for i, nu in enumerate(self.nus):
            cost = np.minimum(label + nu * place, _CLOSED)
            costs[i] = cost[linear_sum_assignment(cost)].sum() + spare
        return costs / total


def label_cost(one: tuple[str, Option], other: tuple[str, Option]) -> float:
    """Of matching layers: 0 if equal, ``sqrt(2 |a - b|) / 10`` for two sizes, a half for two words, else none."""
    if one[0] != other[0]:
        return _CLOSED
    a, b = one[1], other[1]
    if a == b:
        return 0.0
    if isinstance(a, str) or isinstance(b, str):
        return 0.5
    return min(float(np.sqrt(2 * abs(a - b))) / 10, _CLOSED)
