"""NAS-Bench-201 as the benchmarks use it: the table of `hwnas.problems.nas_bench_201`, and its cells as layers.

Their space comes without the features of paths, so that strategies are compared by what they find out themselves.
"""

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.search_space import SearchSpace
from hwnas.problems.nas_bench_201 import EDGES, cells
from hwnas.surrogates.regressors.transport import Layer

SPACE = SearchSpace(cells().choices, name="nas_bench_201")


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
