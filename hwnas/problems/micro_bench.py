"""MicroBench: a search space of 256 cells in which every answer is known, to test searches on.

Every cell of the space `micro_cell` was trained on the task `digits` with three seeds, and timed. So a search over real
networks takes no longer than looking figures up, the true front is known, and what a cheap look at a network is worth
can be asked: accuracies after every epoch are kept, and those of a single epoch, plain and with distillation from a
teacher. ``benchmarks/make_micro_bench.py`` made the table, and says how in its record.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field

from hwnas.archive import front_of
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.document import Document, Fraction, Positive
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.objective import Objective
from hwnas.contracts.problem import Problem
from hwnas.contracts.shipped import data_folder
from hwnas.contracts.trial import Result, Trial
from hwnas.spaces.micro_cell import micro_cell

SHORT = ("plain1", "distilled1", "plain1.5")


class Row(Document):
    """One cell; lists of seeds, and within them of epochs. Accuracies are shares."""

    model_config = ConfigDict(populate_by_name=True)

    cell: tuple[str, str, str, str]
    macs: Positive
    params: Positive
    latency_ms: Positive
    latency_ms_interval: tuple[Positive, Positive]
    loss: list[list[float]]
    search: list[list[Fraction]]
    report: list[Fraction]
    plain1: list[Fraction]
    distilled1: list[Fraction]
    plain1_5: list[Fraction] = Field(alias="plain1.5")
    seconds: dict[str, Positive]


class Table(Document):
    """What lies on disk: how it was made, by what, and the rows in the order of the genomes."""

    schema_version: Literal[1] = 1
    space: Literal["micro_cell"] = "micro_cell"
    task: Literal["digits"] = "digits"
    seeds: int
    epochs: int
    recipe: dict[str, str | float]
    made_by: dict[str, str]
    device: DeviceCard
    latency_verdict: str
    rows: Annotated[list[Row], Field(min_length=256, max_length=256)]


class MicroBench(Problem):
    """The table, ready to be searched.

    Args:
        table: what was measured.
        noisy: whether `evaluate` answers with one seed, that of the trial, instead of the mean of all.

    ::

        bench = hwnas.micro_bench()
        front = hwnas.search(bench.space, bench.evaluate, bench.objectives, evaluations=60)
        front = hwnas.search(bench.space, bench.evaluate, bench.objectives, evaluations=20, strategy="asha",
                             fidelities=bench.fidelities)
    """

    title = "MicroBench: 256 cells trained on digits"
    objectives = (Objective("accuracy", "max"), Objective("latency_ms", "min", "ms"))
    """The default question; `macs`, `params` and the accuracy on unseen images, `report_accuracy`, can be asked too."""

    def __init__(self, table: Table, *, noisy: bool = False) -> None:
        self.table = table
        self.noisy = noisy
        self.space = micro_cell()
        self._rows = {self.space.architecture(dict(zip(self.space.names, r.cell, strict=True))): r for r in table.rows}

    @property
    def fidelities(self) -> dict[str, float]:
        """After 1, 3 and 6 epochs, and their shares of the cost of all, for `hwnas.search`."""
        return {f"epoch{e}": e / self.table.epochs for e in (1, 3, 6)}

    @cached_property
    def shares(self) -> dict[str, float]:
        """Every fidelity that `evaluate` answers, with its share of the cost of ``full``: ``epoch1`` and so forth are
        stages of the full training; those with a schedule of their own cost what they were measured to take.
        """
        own = {name: float(np.median([r.seconds[name] / r.seconds["full"] for r in self.table.rows])) for name in SHORT}
        return {**{f"epoch{e}": e / self.table.epochs for e in range(1, self.table.epochs)}, **own, "full": 1.0}

    @cached_property
    def architectures(self) -> tuple[Architecture, ...]:
        """All 256, in the order of the table."""
        return tuple(self._rows)

    def row(self, architecture: Architecture) -> Row:
        """Everything known of an architecture.

        Raises:
            InputError: it is not of this space.
        """
        return self._rows[self.space.architecture(architecture)]

    def evaluate(
        self, architectures: Sequence[Architecture], trials: Sequence[Trial] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Figures of each, at the fidelity of its trial, with the curve so far; ready for `hwnas.search`.

        Raises:
            InputError: an architecture or a fidelity is unknown.
        """
        for trial in trials if trials is not None else [Trial(a) for a in architectures]:
            yield self._figures(trial)

    def _figures(self, trial: Trial) -> dict[str, Any]:
        row, seeds = self.row(trial.architecture), range(self.table.seeds)
        chosen = [trial.seed % len(seeds)] if self.noisy else list(seeds)
        figures: dict[str, Any] = {"latency_ms": row.latency_ms, "macs": row.macs, "params": row.params}
        if trial.fidelity in SHORT:
            values = getattr(row, trial.fidelity.replace(".", "_"))
            return {"accuracy": float(np.mean([values[s] for s in chosen])), **figures}
        curve = np.mean([row.search[s] for s in chosen], axis=0)[: self._epochs(trial.fidelity)].tolist()
        if trial.fidelity == "full":
            figures["report_accuracy"] = float(np.mean([row.report[s] for s in chosen]))
        return {"accuracy": curve[-1], "curve": curve, **figures}

    def _epochs(self, fidelity: str) -> int:
        if fidelity not in self.shares:
            listed = ", ".join(nearest_first(fidelity, self.shares))
            raise InputError(f"MicroBench has no fidelity {quoted(fidelity)}; there are, nearest first: {listed}.")
        return self.table.epochs if fidelity == "full" else int(fidelity.removeprefix("epoch"))

    def column(self, name: str, fidelity: str = "full") -> FloatArray:
        """One figure of all 256, such as ``accuracy`` at a fidelity, mean of the seeds, ``(256,)``."""
        trials = [Trial(a, fidelity) for a in self.architectures]
        return np.array([figures[name] for figures in MicroBench(self.table).evaluate([], trials)], dtype=np.float64)

    def front(self, objectives: Sequence[Objective] | None = None) -> list[Result]:
        """The true front: what nothing dominates among all 256, by the means of the seeds; see `front_of`."""
        bench = MicroBench(self.table)
        answers: list[Result] = []
        for a, figures in zip(bench.architectures, bench.evaluate(bench.architectures), strict=True):
            measured = {n: float(v) for n, v in figures.items() if isinstance(v, int | float)}
            exact: Mapping[str, float] = {o.name: o.exact(a) for o in objectives or () if o.exact is not None}
            answers.append(Result(Trial(a), {**measured, **exact}))
        return front_of(answers, objectives or self.objectives)


def read_table(path: Path) -> Table:
    """From a gzipped JSON file.

    Raises:
        InputError: the file is missing, cut off, or not a table of MicroBench.
    """
    return Table.from_file(path, "table of MicroBench", "install hwnas again")


def micro_bench(*, noisy: bool = False) -> MicroBench:
    """The table that ships with hwnas.

    Args:
        noisy: whether an evaluation answers with one seed instead of the mean of all; see `MicroBench`.
    """
    return MicroBench(read_table(data_folder() / "micro_bench" / "micro_cell.json.gz"), noisy=noisy)
