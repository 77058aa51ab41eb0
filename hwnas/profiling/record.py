"""From a finished profile to a latency table."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.devices._facts import Facts
from hwnas.export.network_code import networks_digest
from hwnas.profiling.estimate import Latency
from hwnas.profiling.presets import Preset
from hwnas.profiling.stopwatch import Profile
from hwnas.profiling.table import CanaryRow, LatencyTable, Protocol, Row, VerdictRecord


def make_table(
    space: SearchSpace,
    genomes: IntArray,
    profile: Profile,
    card: DeviceCard,
    *,
    reference: Architecture,
    preset: Preset,
    seed: int,
    facts: Sequence[Facts] = (),
    level: Level | None = None,
) -> LatencyTable:
    """The table of canonical genomes ``(n, g)`` whose models were timed in this order; costs where closed-form, and
    `facts`, one per model, where the device told them.
    """
    architectures = [dict(space.decode(genome)) for genome in genomes]
    costs = space.costs(genomes) if space.costs else {}
    rows = [
        Row(
            architecture=architectures[latency.model],
            latency_ms=latency.latency_ms,
            latency_ms_interval=(latency.low_ms, latency.high_ms),
            rounds=latency.rounds,
            **{name: float(costs[name][latency.model]) for name in ("macs", "params") if name in costs},
            **(_told(latency, facts[latency.model]) if facts else {}),
        )
        for latency in profile.latencies
    ]
    return LatencyTable(
        space=SpaceRecord.of(space),
        device=card,
        protocol=Protocol(
            preset=preset.name,
            seed=seed,
            min_runs=preset.min_runs,
            min_seconds=preset.min_seconds,
            reference=dict(reference),
            reference_ms=profile.scale.reference_ms,
            baseline_share=profile.scale.baseline_share,
            waiting=profile.scale.waiting,
            others_busy=profile.others_busy,
            seen_ms=profile.scale.seen_ms,
            level=level or Level(),
        ),
        verdict=VerdictRecord(state=profile.verdict.state, advice=profile.verdict.advice),
        canaries=[
            CanaryRow(
                architecture=architectures[canary.model],
                start_ms=canary.start_ms,
                middle_ms=canary.middle_ms,
                end_ms=canary.end_ms,
                drift=canary.drift,
                raw_drift=canary.raw_drift,
            )
            for canary in profile.canaries
        ],
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        rows=rows,
        networks=networks_digest(space),
    )


def _told(latency: Latency, facts: Facts) -> dict[str, float]:
    return {"p50_ms": latency.latency_ms, "file_bytes": facts.file_bytes, **facts.at(latency.latency_ms)}
