"""What networks reach alone, in four spaces: what rankings by inherited accuracy are tested on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from _saving import published
from make_alone import SPACES, name_of

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.problems.micro_bench import micro_bench
from hwnas.tasks.digits import digits
from hwnas.tasks.fashion_mnist14 import fashion_mnist14


@dataclass(frozen=True, eq=False)
class Truth:
    """Networks that were trained alone.

    Args:
        space: of them.
        task: what they learnt.
        architectures: ``n`` of them.
        macs: multiply-adds, ``(n,)``.
        search: accuracy on the examples for search, ``(n, seeds)``: those that inherited accuracy is measured on; NaN
            with seeds that a network was not trained with.
        report: accuracy on unseen examples, alike: what rankings are compared with.
        recipe: of a supernet's training here, beside its passes.
        passes: of every supernet, in batches through a sub-network.
        examples: of those for search, the number that inherited accuracies are measured on.
        machines: processors that trained them alone.
        calibration: examples that batch-norm statistics are measured on, for every network.
        start: passes that the largest network made alone before, which every supernet then begins as; 0: as its seed
            says.
    """

    space: SearchSpace
    task: Task
    architectures: tuple[Architecture, ...]
    macs: FloatArray
    search: FloatArray
    report: FloatArray
    recipe: dict[str, Any]
    passes: int
    examples: int
    machines: tuple[str, ...]
    calibration: int = 250
    start: int = 0


@cache
def _cells() -> Truth:
    bench, more = micro_bench(), published("make_micro_truth")
    rows = [bench.row(a) for a in bench.architectures]
    further = {tuple(row["cell"]): row for row in more["right"]}
    none = [np.nan] * len(more["seeds"])

    def of_all_seeds(split: str, shipped: list[list[float]]) -> FloatArray:
        """Accuracies ``(n, seeds)``, the `shipped` ones first; cells without further seeds have NaN there."""
        counts = [further.get(tuple(a.values()), {split: none})[split] for a in bench.architectures]
        return np.column_stack([shipped, np.array(counts) / more["images"][split]])

    return Truth(
        bench.space,
        digits(),
        bench.architectures,
        bench.column("macs"),
        of_all_seeds("search", [[curve[-1] for curve in row.search] for row in rows]),
        of_all_seeds("report", [row.report for row in rows]),
        recipe={"batch_size": 32, "warmup_steps": 50},
        passes=500,
        examples=600,
        machines=(bench.table.device.processor, more["machine"]["processor"]),
    )


@cache
def _alone(name: str, passes: int, examples: int = 1000) -> Truth:
    table, space = published(name_of(name)), SPACES[name]()
    rows = table["architectures"]
    columns = {of: np.array([row[of] for row in rows]) for of in ("macs", "search", "report")}
    architectures = tuple(space.architecture(row["architecture"]) for row in rows)
    recipe = {"batch_size": 100, "warmup_steps": 50}
    learnt = {"passes": passes, "examples": examples, "machines": (table["machine"]["processor"],)}
    return Truth(space, fashion_mnist14(), architectures, **columns, recipe=recipe, **learnt)


TRUTHS: dict[str, Callable[[], Truth]] = {
    "micro_cell": _cells,
    "micro_cell_long": cache(lambda: replace(_cells(), passes=2000)),
    "micro_cell_tuned": cache(lambda: replace(_cells(), start=500)),
    "micro_widths": cache(lambda: _alone("micro_widths", 500)),
    "micro_widths_long": cache(lambda: _alone("micro_widths", 2000)),
    "micro_widths_tuned": cache(lambda: replace(_alone("micro_widths", 500), start=500)),
    "kernels": cache(lambda: _alone("kernels", 1000)),
    "pooling": cache(lambda: _alone("pooling", 1600, 5000)),
    "pooling_short": cache(lambda: _alone("pooling", 400, 5000)),
}
"""By what was trained on: a space, and how."""
ALONE = ("micro_cell", "micro_widths", "kernels", "pooling")
"""Those that the others differ from in how supernets train, not in networks."""
