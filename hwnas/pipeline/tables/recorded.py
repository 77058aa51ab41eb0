"""Latencies of a device that is only remembered by its table: nothing here is timed, and it is said wherever it goes.

A figure is, in this order: the measured one where the architecture is in the table; the sum of the table's operators
where it has them; else what the predictor fitted on the table guesses, with its interval.
"""

from collections.abc import Sequence

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import FROM_A_TABLE
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.devices._recorded import RecordedDevice
from hwnas.pipeline.predictions.genome_predictor import GenomePredictor
from hwnas.profiling.estimate import Latency
from hwnas.profiling.table import LatencyTable, VerdictRecord


def recorded_table(device: RecordedDevice, space: SearchSpace) -> LatencyTable:
    """The device's table, saying that it is one.

    Raises:
        InputError: it is of another space, or broken.
        DeviceError: its verdict is unusable.
    """
    table = LatencyTable.read(device.path)
    if table.verdict.state == "unusable":
        raise DeviceError(f"The latency table {device.path} is unusable: {table.verdict.advice}")
    if not table.is_of(space):
        raise InputError(
            f"{device.path} is a table of {table.space}, the supernet's is {SpaceRecord.of(space)}; use a table of "
            "this space."
        )
    advice = f"Latencies are {FROM_A_TABLE}, so models have yet to be timed on the device. {table.verdict.advice}"
    verdict = VerdictRecord(state=table.verdict.state, advice=advice)
    return table.model_copy(update={"device": device.card(), "verdict": verdict})


def recorded_latencies(
    table: LatencyTable, space: SearchSpace, architectures: Sequence[Architecture], seed: int
) -> list[Latency]:
    """What the table says of each; `runs` is 0, since none was made."""
    rows = {space.architecture(row.architecture): row for row in table.rows}
    unknown = [a for a in architectures if a not in rows and not table.parts]
    guesses = {}
    if unknown:
        predictor = GenomePredictor.of_table(space, table, seed=seed)
        found = predictor(space.encode_many(unknown))
        guesses = {
            a: (mean, low, high)
            for a, mean, low, high in zip(
                unknown, found.mean.tolist(), found.low.tolist(), found.high.tolist(), strict=True
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
