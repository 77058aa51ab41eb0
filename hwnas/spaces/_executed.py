"""What of a cell a device runs, as features of its space, in the rival ways that runtimes follow.

Some runtimes execute dead branches, some prune them, and nobody is told which; so the operations are counted in each
way, under names ``way:figure``, and whoever predicts finds by cross-validation the one a device follows:

* ``all``: everything that is written down;
* ``needed``: what leads to the output;
* ``live``: of that, what the input reaches;
* ``constant``: what leads to the output, but nothing where nothing passes, for then the cell is a constant;
* ``folded``: as ``constant``, and what is multiplied by zero afterwards runs where the product folds into its weights:
  an operation with weights that alone enters a node all of whose outputs are interrupted.

The first four are textbook; the fifth was found in the latencies of one phone-like device, and fitted another as it is.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted


def executed_features(
    choices: Sequence[Choice],
    edges: Mapping[str, tuple[int, int]],
    *,
    broken: Option = "none",
    foldable: Sequence[Option] = (),
) -> tuple[Callable[[IntArray], FloatArray], tuple[str, ...]]:
    """Features for ``SearchSpace(choices, features=...)``, ``(n, g) -> (n, f)``, and their names.

    Per way: how many edges with each option (but `broken`) run, and whether any does.

    Args:
        choices: all of the space; those that are edges have the same options.
        edges: name of the choice -> the nodes it leads from and to; 0 is the input, the highest number the output, and
            edges lead upwards.
        broken: the option that interrupts.
        foldable: options whose weights can take up a factor; without any there is no way ``folded``.

    Raises:
        InputError: the edges are no such cell.
    """
    columns, options = _edges(choices, edges, broken)
    nodes = np.array([edges[choices[i].name] for i in columns], dtype=np.int64)
    interrupts, folds = options.index(broken), [options.index(o) for o in foldable if o in options]
    reported = [i for i in range(len(options)) if i != interrupts]

    def features(genomes: IntArray) -> FloatArray:
        cells = genomes[:, columns]
        runs = _ways(cells != interrupts, nodes, np.isin(cells, folds))
        counts = []
        for way in ways:
            counts += [(runs[way] & (cells == o)).sum(axis=1) for o in reported]
            counts.append(runs[way].any(axis=1))
        return np.stack(counts, axis=1).astype(np.float64)

    ways = ("all", "needed", "live", "constant", *(("folded",) if folds else ()))
    return features, tuple(f"{way}:{figure}" for way in ways for figure in (*(options[i] for i in reported), "any"))


def _ways(on: BoolArray, nodes: IntArray, folds: BoolArray) -> dict[str, BoolArray]:
    """Which edges run, ``(n, e)`` each, given which are not interrupted, and which have an option that folds."""
    source, target = nodes.T
    reached, needed = (np.zeros((len(on), int(target.max()) + 1), dtype=np.bool_) for _ in range(2))
    reached[:, 0] = needed[:, -1] = True
    entering, leaving = (np.zeros(reached.shape, dtype=np.int64) for _ in range(2))
    for e in np.argsort(source, kind="stable"):  # what enters a node comes before what leaves it
        reached[:, target[e]] |= reached[:, source[e]] & on[:, e]
        entering[:, target[e]] += on[:, e]
    for e in np.argsort(-target, kind="stable"):
        needed[:, source[e]] |= needed[:, target[e]] & on[:, e]
        leaving[:, source[e]] += on[:, e]
    leads = on & needed[:, target]
    live = leads & reached[:, source]
    passes = live.any(axis=1, keepdims=True)
    inner = target < reached.shape[1] - 1
    zeroed = folds & inner & (entering[:, target] == 1) & (leaving[:, target] == 0)
    return {
        "all": on,
        "needed": leads,
        "live": live,
        "constant": leads & passes,
        "folded": (leads | (on & zeroed)) & passes,
    }


def _edges(
    choices: Sequence[Choice], edges: Mapping[str, tuple[int, int]], broken: Option
) -> tuple[list[int], list[Option]]:
    """Which choices are edges, and the options they share."""
    names = [choice.name for choice in choices]
    if unknown := [name for name in edges if name not in names]:
        raise InputError(f"Edges of a cell are choices, got {quoted(unknown[0])}; there are {', '.join(names)}.")
    columns = [i for i, name in enumerate(names) if name in edges]
    options = [list(choices[i].options) for i in columns]
    if not options or any(options_of != options[0] for options_of in options) or broken not in options[0]:
        raise InputError(
            f"The edges of a cell need the same options, {quoted(broken)} among them, got {options}; unite them."
        )
    if not all(0 <= source < target for source, target in edges.values()):
        raise InputError(f"Edges of a cell lead from a node to one of a higher number, got {dict(edges)}; renumber.")
    return columns, options[0]
