"""NAS-Bench-201: six edges of a cell, five operations on each, 15,625 networks that were all trained.

Accuracy is the test accuracy on CIFAR-10 after 200 epochs, mean over seeds (Dong and Yang, ICLR 2020); the table has no
validation column for all cells, so a search chooses and reports by the same figure. Latencies are those of HELP (Lee
and others, NeurIPS 2021) and HW-NAS-Bench (Li and others, ICLR 2021).
"""

import numpy as np

from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.objective import Objective
from hwnas.contracts.search_space import SearchSpace
from hwnas.genomes.paths import path_features
from hwnas.problems._public import public_rows
from hwnas.problems._tabulated import Tabulated

FILE = "nb201.csv.gz"
OPERATIONS = ("none", "skip", "conv1x1", "conv3x3", "avgpool")
EDGES = ("e10", "e20", "e21", "e30", "e31", "e32")  # from the second digit's node to the first's
PATHS = (("e30",), ("e10", "e31"), ("e20", "e32"), ("e10", "e21", "e32"))
ACCURACY = "acc_cifar10_test200"
_LATENCY = "lat_ms_"


def cells() -> SearchSpace:
    """The space, with the paths from input to output as features."""
    choices = [Choice(edge, OPERATIONS, ordered=False) for edge in EDGES]
    return SearchSpace(choices, name="nas_bench_201", features=path_features(choices, PATHS))


def nas_bench_201(device: str = "raspi4") -> Tabulated:
    """Accuracy, percent, against the latency on one of ten devices, such as ``raspi4`` or ``titan_rtx_1``.

    Raises:
        InputError: the table is missing or damaged, or the device is unknown.
    """
    rows, space = public_rows(FILE), cells()
    names = [name for name in rows[0] if name.startswith(("acc_", _LATENCY))] if rows else []
    devices = [name.removeprefix(_LATENCY) for name in names if name.startswith(_LATENCY)]
    if device not in devices:
        listed = ", ".join(nearest_first(device, devices))
        raise InputError(f"No latencies on {quoted(device)} in {FILE}; there are, nearest first: {listed}.")
    objectives = (Objective(ACCURACY, "max", "%"), Objective(_LATENCY + device, "min", "ms"))
    problem = Tabulated(f"NAS-Bench-201 on CIFAR-10, {device}", space, objectives, {})
    try:
        at = problem.rows(np.array([[int(row[edge]) for edge in EDGES] for row in rows]))
        columns = {name: np.full(len(rows), np.nan) for name in names}
        for name in names:
            columns[name][at] = [float(row[name]) for row in rows]
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(f"{FILE} is not the table of NAS-Bench-201 ({error}); copy it there again.") from error
    if len(np.unique(at)) != space.count():
        raise InputError(f"{FILE} has {len(np.unique(at)):,} of {space.count():,} cells; copy it there again.")
    problem.columns.update(columns)
    return problem
