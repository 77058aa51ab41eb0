"""Latencies from a device that is at hand: everything is timed, and what lies in the run's folder is used again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hwnas.archive.provenance import digest
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError
from hwnas.contracts.reference import Reference
from hwnas.contracts.search_space import SearchSpace
from hwnas.devices._facts import Examiner, told_by
from hwnas.export.network_code import networks_digest
from hwnas.genomes.sampling import draw
from hwnas.pipeline.latencies.source import LatencySource, Now, Timed
from hwnas.pipeline.predictions.genome_predictor import lacking
from hwnas.pipeline.predictions.transfer_sources import read_transfer_sources
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.selection.limits import Limits
from hwnas.pipeline.tables.extend import extend
from hwnas.pipeline.tables.reuse import known_table
from hwnas.pipeline.tables.time_architectures import Progress, profile_space, time_and_remember, write_reference
from hwnas.pipeline.tables.timing_session import Session
from hwnas.profiling.drift import NoLongerHoldsError
from hwnas.profiling.estimate import in_next_session, other_session
from hwnas.profiling.moment import Moment, Patience, time_calmly
from hwnas.profiling.presets import Preset
from hwnas.profiling.table import LatencyTable, VerdictRecord

TIMING_AGAIN = "timing finalists"


@dataclass(frozen=True)
class TimedLatencies(LatencySource):
    """What `device` takes.

    Args:
        device: that is timed.
        space: of the architectures.
        run: where tables are kept.
        preset: how thoroughly to time.
        seed: of sampling and timing order.
        transfer_from: latency tables of other devices, or folders of them, that a new table starts from.
        progress: told of every step.
    """

    device: Device
    space: SearchSpace
    run: Run
    preset: Preset
    seed: int
    transfer_from: Sequence[Path]
    progress: Progress
    _patience: Patience = field(default_factory=Patience)

    def tells(self) -> frozenset[str]:
        """See `LatencySource`."""
        return told_by(self.device)

    def known(self, samples: int) -> LatencyTable | None:
        """See `LatencySource`: the run's own, if it is large enough."""
        path = self.run.table_file(self.device.card().id)
        table = LatencyTable.read(path) if path.exists() else None
        enough = table and table.is_of(self.space) and len(table.rows) >= len(draw(self.space, samples, self.seed))
        return table if enough else None

    def table(self, samples: int, extra: Iterable[str] = ()) -> LatencyTable:
        """As `LatencySource`: the run's own, if it still holds; an old one is checked by its canaries, and rescaled."""
        path, columns = self.run.table_file(self.device.card().id), list(extra)
        with self.run.alone():
            drawn = len(draw(self.space, samples, self.seed))
            sources = read_transfer_sources(self.transfer_from, self.space, self.device.card())
            stored, refused = known_table(path, self.space, self.device, drawn, self.progress)
            if stored is not None and not lacking(stored, columns):
                return stored
            table = profile_space(
                self.space, self.device, self.run.archive, samples=samples, preset=self.preset, seed=self.seed,
                progress=self.progress, refused=refused, extra=bool(columns), sources=sources,
            )  # fmt: skip
            table.write(path)
        return table

    def extended(self, table: LatencyTable, architectures: Sequence[Architecture]) -> LatencyTable:
        """See `LatencySource`; each timing is kept at once. A table that no longer holds is marked as unusable, so that
        the next call times it anew.
        """
        path = self.run.table_file(self.device.card().id)
        with self.run.alone():
            new = self.space.encode_many(architectures)
            try:
                longer = extend(table, self.space, self.device, self.run.archive, new, self.progress)
            except NoLongerHoldsError as error:
                verdict = VerdictRecord(state="unusable", advice=str(error))
                table.model_copy(update={"verdict": verdict}).write(path, even_unusable=True)
                raise DeviceError(f"{error} The same command does so.") from error
            longer.write(path)
        return longer

    def finalists(
        self, architectures: Sequence[Architecture], paths: Sequence[Path], reference: Reference, extra: Iterable[str]
    ) -> Timed:
        """See `LatencySource`; each timing is kept at once, and taken again after a timing that was unusable."""
        del architectures
        names = digest(f"{networks_digest(self.space)} {' '.join(path.stem for path in paths)}")
        kind = f"finalists {self.device.card().id} {self.preset.name} {reference.latency_ms!r} {names}"
        session = Session(self.run.archive, kind)
        with self.run.alone():
            beside = write_reference(self.space, reference.architecture, self.run.subnets)
            profile, level = time_and_remember(
                self.device, paths, beside, session, self.preset,
                reference_ms=reference.latency_ms, step=TIMING_AGAIN, progress=self.progress,
            )  # fmt: skip
        if profile.verdict.state == "unusable":
            session.discard()
            raise DeviceError(
                f"What was found cannot be timed well enough now: {profile.verdict.advice} The search is kept: the "
                "same command goes on from here."
            )
        facts = list(self.device.examine(paths)) if list(extra) and isinstance(self.device, Examiner) else []
        told = [fact.at(latency.latency_ms) for fact, latency in zip(facts, profile.latencies, strict=bool(facts))]
        return Timed(list(profile.latencies), told or [{} for _ in paths], level, profile.verdict)

    def now(self, architecture: Architecture, path: Path, reference: Reference, limits: Limits) -> Now:
        """See `LatencySource`."""
        self.refuse_untold(self.device.card().device, limits.extra())
        now = self.of_other_model(architecture, path, reference)
        if not (limits.extra() and isinstance(self.device, Examiner)):
            return now
        return replace(now, extra=next(self.device.examine([path])).at(now.latency.latency_ms))

    def of_other_model(self, architecture: Architecture, path: Path, reference: Reference) -> Now:  # noqa: ARG002
        """See `LatencySource`."""
        beside = write_reference(self.space, reference.architecture, self.run.subnets)
        moment = time_calmly(self.device, path, beside, self.preset, reference.latency_ms, patience=self._patience)
        return _promised(moment)


def _promised(moment: Moment) -> Now:
    """What to say of a moment to those who time the model in other moments.

    A budget is kept at the slowest speed remembered; a calm moment is one such, also where it is not remembered. When
    the device was never calm, only what the model takes at the stated speed says something.
    """
    latency = other_session(moment.at_baseline)
    times = moment.slower if moment.calm else 1.0
    at_slowest_ms = max(moment.level.at_slowest_ms(latency.high_ms), latency.high_ms * times)
    return Now(in_next_session(latency, moment.level), at_slowest_ms, moment.level, max(1.0, moment.slower))
