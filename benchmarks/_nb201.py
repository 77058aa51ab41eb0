"""NAS-Bench-201 as a space and a table: six edges of a cell, five operations on each, 15,625 networks trained for good.

Accuracy is the test accuracy on CIFAR-10 after 200 epochs, mean over seeds; the table has no validation column for all
cells, so searching and reporting are by the same figure. Latencies are HELP's and HW-NAS-Bench's.
"""

from dataclasses import dataclass

import numpy as np
from _public import public_rows

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace
from hwnas.surrogates.regressors.transport import Layer

OPERATIONS = ("none", "skip", "conv1x1", "conv3x3", "avgpool")
EDGES = ("e10", "e20", "e21", "e30", "e31", "e32")  # from the second digit's node to the first's
PATHS = (("e30",), ("e10", "e31"), ("e20", "e32"), ("e10", "e21", "e32"))
SPACE = SearchSpace([Choice(edge, OPERATIONS, ordered=False) for edge in EDGES], name="nas_bench_201")
_PLACES = 5 ** np.arange(6)


@dataclass(frozen=True)
class Table:
    """Columns by name, each ``(15625,)``, in the order of `number`."""

    columns: dict[str, FloatArray]

    def __getitem__(self, name: str) -> FloatArray:
        return self.columns[name]


def number(genomes: IntArray) -> IntArray:
    """Row of each of ``(n, 6)`` in the table, ``(n,)``."""
    return np.asarray(genomes @ _PLACES)


def load() -> Table:
    """Read the table."""
    rows = public_rows("nb201.csv.gz")
    at = number(np.array([[int(row[edge]) for edge in EDGES] for row in rows]))
    assert len(np.unique(at)) == SPACE.count()
    names = [name for name in rows[0] if name.startswith(("acc_", "lat_ms_"))]
    columns = {name: np.empty(len(rows)) for name in names}
    for name in names:
        columns[name][at] = [float(row[name]) for row in rows]
    return Table(columns)


def layers(architecture: Architecture) -> list[Layer]:
    """Operations as layers, for a transport between cells; a place is the shortest and longest way in and out."""
    into, out = (0, 0, 1, 0, 1, 2), (1, 2, 2, 3, 3, 3)
    live = [(a, b, str(architecture[e])) for a, b, e in zip(into, out, EDGES, strict=True) if architecture[e] != "none"]
    ways = {0: {0}}
    for node in (1, 2, 3):
        ways[node] = {w + 1 for a, b, _ in live if b == node for w in ways[a]}
    back: dict[int, set[int]] = {3: {0}}
    for node in (2, 1, 0):
        back[node] = {w + 1 for a, b, _ in live if a == node for w in back[b]}
    found = []
    for a, b, operation in live:
        if ways[a] and back[b]:  # what no path uses is not there
            place = (min(ways[a]), max(ways[a]), min(back[b]), max(back[b]))
            kind = "conv" if operation.startswith("conv") else operation
            size = int(operation[-1]) if kind == "conv" else 0
            found.append(Layer(kind, size, tuple(float(p) for p in place)))
    return found
