"""More rows for a latency table, on its own scale: such as architectures that tell most beside those it has.

The table's canaries are timed again among them. As long as they agree, the new rows and the old ones compare.
"""

import numpy as np

from hwnas.archive import Archive
from hwnas.archive.provenance import digest, digest_of_all
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.device import Device
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.temporary import temporary_folder
from hwnas.genomes.sampling import draw
from hwnas.pipeline.predictions.transfer_sources import tables_of
from hwnas.pipeline.tables.time_architectures import Progress, examine, time_and_remember, write_all, write_reference
from hwnas.pipeline.tables.timing_session import Session
from hwnas.pipeline.tables.which_to_time import POOL
from hwnas.predictors import features, most_informative, plain_factors
from hwnas.predictors.transfer import transfer_timings
from hwnas.profiling.drift import NoLongerHoldsError, find_drift
from hwnas.profiling.presets import find_preset
from hwnas.profiling.record import make_table
from hwnas.profiling.table import LatencyTable
from hwnas.profiling.verdict import FROM_BEST


def next_genomes(table: LatencyTable, space: SearchSpace, n: int) -> IntArray:
    """Canonical genomes ``(n, g)`` that tell most beside those in the table and its transfer sources.

    Raises:
        InputError: the space has not so many more.
    """
    timed = table.arrays(space)[0]
    there = {genome.tobytes() for genome in timed}
    drawn = draw(space, len(timed) + max(n, POOL), table.protocol.seed)
    pool = np.concatenate([timed, np.stack([g for g in drawn if g.tobytes() not in there] or [timed[0]])])
    if len(pool) - len(timed) < n:
        raise InputError(f"Space {space.name!r} has no {n} architectures that are not timed yet; ask for fewer.")
    shown, taken = features(space, pool), np.arange(len(timed))
    if tables := tables_of(table.transfer_sources, space):
        return np.asarray(pool[transfer_timings(tables, shown, n, space, timed=taken)])
    return np.asarray(pool[most_informative(plain_factors(shown), n, timed=taken)])


def extend(
    table: LatencyTable, space: SearchSpace, device: Device, archive: Archive, new: IntArray, progress: Progress
) -> LatencyTable:
    """The table with rows for `new` genomes ``(n, g)``, timed as the others were; a killed call continues from
    `archive`.

    Raises:
        NoLongerHoldsError: the table's canaries moved against one another.
        DeviceError: the device fails, or is another one than when the table was made.
        InputError: the table has no canaries.
    """
    if table.device.id != device.card().id or not table.canaries:
        raise InputError(
            f"A table of {table.device.device} (card {table.device.id}) with canaries can be extended on that device, "
            f"got {device.card().device} (card {device.card().id}) and {len(table.canaries)} canaries; profile anew."
        )
    canaries = space.encode_many(canary.architecture for canary in table.canaries)
    genomes = np.concatenate([canaries, new])
    preset, watched = find_preset(table.protocol.preset), range(len(canaries))
    architectures = [space.decode(genome) for genome in genomes]
    session = Session(archive, f"more {digest(table.model_dump_json())} {digest_of_all(architectures)}")
    with temporary_folder() as folder:
        paths = write_all(space, architectures, folder, progress)
        reference = write_reference(space, table.protocol.reference, folder)
        profile, level = time_and_remember(
            device, paths, reference, session, preset, canaries=watched,
            seed=table.protocol.seed, reference_ms=table.protocol.reference_ms, progress=progress,
        )  # fmt: skip
        told = all(row.extra for row in table.rows)
        facts = examine(device, paths, session, progress) if told else []
    drift = find_drift(table, profile.latencies[: len(canaries)], level)
    if drift.state == "refused" or profile.verdict.state == "unusable":
        session.discard()
        if profile.verdict.state != "unusable":
            raise NoLongerHoldsError(f"The new timings do not go with the table: {drift.words}")
        raise DeviceError(f"The new timings do not go with the table: {profile.verdict.advice}")
    added = make_table(
        space, genomes, profile, table.device, reference=space.architecture(table.protocol.reference), preset=preset,
        seed=table.protocol.seed, facts=facts, level=level,
    )  # fmt: skip
    verdict = max(table.verdict, added.verdict, key=lambda verdict_of: FROM_BEST.index(verdict_of.state))
    protocol = table.protocol.model_copy(update={"level": level})
    rows = [*table.rows, *added.rows[len(canaries) :]]
    return table.model_copy(update={"rows": rows, "verdict": verdict, "protocol": protocol})
