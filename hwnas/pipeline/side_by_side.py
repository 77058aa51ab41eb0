"""The same sub-networks on several devices: what is best on one need not be on another."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwnas.contracts.device import DeviceCard
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.study import Study
from hwnas.profiling.table import LatencyTable


@dataclass(frozen=True)
class OnDevices:
    """A member of any front. Per device, in order: its latency, and whether that is the front's or a prediction."""

    key: str
    score: float
    latencies_ms: tuple[float, ...]
    measured: tuple[bool, ...]


def side_by_side(searched: Sequence[tuple[Study, Front]]) -> list[OnDevices]:
    """Every member of any of the fronts, by rising latency on the first device."""
    members: dict[str, Member] = {}
    for _, front in searched:
        for member in front.members:
            members.setdefault(member.key, member)
    columns = [_column(study, front, list(members.values())) for study, front in searched]
    rows = [
        OnDevices(
            member.key,
            member.score,
            tuple(latencies[i] for latencies, _ in columns),
            tuple(measured[i] for _, measured in columns),
        )
        for i, member in enumerate(members.values())
    ]
    return sorted(rows, key=lambda row: row.latencies_ms[0])


def _column(study: Study, front: Front, members: Sequence[Member]) -> tuple[list[float], list[bool]]:
    """Latencies of `members` on one device, and which of them are its front's own."""
    own = {member.key: member.latency_ms for member in front.members}
    genomes = study.space.encode_many(member.architecture for member in members)
    table = LatencyTable.read(study.run.table_file(DeviceCard(**front.device).id))
    guesses = study.latency_predictor(table)(genomes).mean.tolist()
    latencies = [own.get(member.key, guess) for member, guess in zip(members, guesses, strict=True)]
    return latencies, [member.key in own for member in members]
