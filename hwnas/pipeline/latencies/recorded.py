"""Latencies of a device that is only remembered by its table: nothing here is timed, and it is said wherever it goes.

A figure is, in this order: the measured one where the architecture is in the table; the sum of the table's operators
where it has them; else what the predictor fitted on the table guesses, with its interval.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import FROM_A_TABLE
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.figures import EXTRA
from hwnas.contracts.reference import Reference
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.latencies.source import LatencySource, Now, Timed
from hwnas.pipeline.predictions.all_timed import extra_figures
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor, lacking
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency, in_next_session
from hwnas.profiling.table import LatencyTable, VerdictRecord


@dataclass(frozen=True)
class RecordedLatencies(LatencySource):
    """What the table of `device` says.

    Args:
        device: with the path of its table.
        space: of the architectures.
        run: where the table is kept.
    """

    device: RecordedDevice
    space: SearchSpace
    run: Run

    @cached_property
    def _table(self) -> LatencyTable:
        return recorded_table(self.device, self.space)

    def tells(self) -> frozenset[str]:
        """See `LatencySource`: the columns that all rows have."""
        return frozenset(EXTRA) - {*lacking(self._table, EXTRA)}

    def known(self, samples: int) -> LatencyTable:  # noqa: ARG002
        """See `LatencySource`: the device's table."""
        return self._table

    def table(self, samples: int, extra: Iterable[str] = ()) -> LatencyTable:  # noqa: ARG002
        """As `LatencySource`: the device's table as it is."""
        with self.run.alone():
            self._table.write(self.run.table_file(self.device.card().id), even_unusable=True)
        return self._table

    def extended(self, table: LatencyTable, architectures: Sequence[Architecture]) -> LatencyTable:  # noqa: ARG002
        """As `LatencySource`: nothing is timed."""
        return table

    def finalists(
        self, architectures: Sequence[Architecture], paths: Sequence[Path], reference: Reference, extra: Iterable[str]
    ) -> Timed:
        """As `LatencySource`, as the table has it."""
        del paths, reference
        latencies = table_latencies(self._table, self.space, architectures, seed=0)
        return Timed(latencies, self._extra(architectures, list(extra)), self._table.protocol.level)

    def now(self, architecture: Architecture, path: Path, reference: Reference, limits: Limits) -> Now:
        """As `LatencySource`, as the table has it."""
        self.refuse_untold(self.device.card().device, limits.extra())
        timed, level = self.finalists([architecture], [path], reference, limits.extra()), self._table.protocol.level
        latency, extra = timed.latencies[0], timed.extra[0]
        return Now(in_next_session(latency, level), level.at_slowest_ms(latency.high_ms), level, extra=extra)

    def of_other_model(self, architecture: Architecture, path: Path, reference: Reference) -> None:
        """None: the table says nothing of it."""

    def _extra(self, architectures: Sequence[Architecture], columns: Sequence[str]) -> list[dict[str, float]]:
        """Columns of each, predicted where it is not in the table."""
        rows = {self.space.architecture(row.architecture): row for row in self._table.rows}
        figures = [{name: rows[a].extra[name] for name in columns} if a in rows else {} for a in architectures]
        if columns and (unknown := [i for i, a in enumerate(architectures) if a not in rows]):
            predictors = extra_figures(self.space, self._table, columns, seed=0)
            genomes = self.space.encode_many(architectures[i] for i in unknown)
            for name, predictor in predictors.items():
                for i, value in zip(unknown, predictor(genomes).mean.tolist(), strict=True):
                    figures[i][name] = max(0.0, value)
        return figures


def recorded_table(device: RecordedDevice, space: SearchSpace) -> LatencyTable:
    """The device's table, saying that it is one.

    Raises:
        InputError: it is of another space, or broken.
        DeviceError: its verdict is unusable.
    """
    table = LatencyTable.read(device.path)
    if table.verdict.state == "unusable":
        raise DeviceError(f"The latency table {device.path} is unusable: {table.verdict.advice}")
    table.refuse_other(space, str(device.path))
    advice = f"Latencies are {FROM_A_TABLE}, so models have yet to be timed on the device. {table.verdict.advice}"
    verdict = VerdictRecord(state=table.verdict.state, advice=advice)
    return table.model_copy(update={"device": device.card(), "verdict": verdict})


def table_latencies(
    table: LatencyTable, space: SearchSpace, architectures: Sequence[Architecture], seed: int
) -> list[Latency]:
    """What the table says of each; `runs` is 0, since none was made."""
    rows = {space.architecture(row.architecture): row for row in table.rows}
    unknown = [a for a in architectures if a not in rows and not table.parts]
    guesses = {}
    if unknown:
        predictor = GenomePredictor.of_table(space, table, seed=seed)
        predicted = predictor(space.encode_many(unknown))
        guesses = {
            a: (mean, low, high)
            for a, mean, low, high in zip(
                unknown, predicted.mean.tolist(), predicted.low.tolist(), predicted.high.tolist(), strict=True
            )
        }

    def figure(i: int, architecture: Architecture) -> Latency:
        rounds = 0
        if architecture in rows:
            row = rows[architecture]
            ms, (low, high), rounds = row.latency_ms, row.latency_ms_interval, row.rounds
        elif architecture in guesses:
            ms, low, high = guesses[architecture]
        else:
            ms = low = high = table.summed(architecture) or 0.0
        return Latency(i, ms, low, high, rounds, runs=0, spread=0.0)

    return [figure(i, architecture) for i, architecture in enumerate(architectures)]
