"""Timing architectures on a device: write each as ONNX, time them all, keep every timing as it comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hwnas.archive import Archive
from hwnas.archive.provenance import digest, digest_of_all
from hwnas.archive.records import FactsRecord, ModelFacts, NodeShare, SharesRecord
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Option
from hwnas.contracts.device import Device, Timing
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.space_record import SpaceRecord
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices._facts import Examiner, Facts, told_by
from hwnas.devices._shares import Shares, ShareWatcher
from hwnas.export.architecture import write_architecture
from hwnas.export.network_code import networks_digest
from hwnas.genomes.sampling import draw
from hwnas.pipeline.tables.timing_session import Session
from hwnas.pipeline.tables.which_to_time import informative_genomes
from hwnas.profiling.presets import Preset
from hwnas.profiling.record import make_table
from hwnas.profiling.remember import known_level, remember
from hwnas.profiling.speeds import SpeedRecord
from hwnas.profiling.stopwatch import Baseline, Profile, time_models
from hwnas.profiling.table import LatencyTable, TransferSource, provider_records
from hwnas.profiling.verdict import beside_others_at_first

Progress = Callable[[str, int, int], None]
"""Gets the name of a step, how much of it is done, and how much there is."""

WRITING, TIMING, EXAMINING = "writing ONNX", "timing a sample", "memory, loading, tails"


def profile_space(
    space: SearchSpace,
    device: Device,
    archive: Archive,
    *,
    samples: int,
    preset: Preset,
    seed: int,
    progress: Progress,
    extra: bool = False,
    refused: str | None = None,
    sources: Sequence[TransferSource] = (),
) -> LatencyTable:
    """Time `samples` architectures, from smallest to largest; a killed call continues from `archive`.

    With tables of `sources`, those are timed that tell most beside them, and the table keeps them.

    After an unusable table, the next call with the same arguments times everything anew, and so does the first one that
    names a `refused` table, which no longer holds. With `extra`, what the device tells beside latencies
    is measured too.

    Raises:
        DeviceError: the device fails.
        InputError: the space cannot be built or written as ONNX.
    """
    genomes = informative_genomes(space, sources, samples, seed) if sources else draw(space, samples, seed)
    architectures = [space.decode(genome) for genome in genomes]
    reference = space.middle
    card = device.card()
    named = digest_of_all([*architectures, reference])
    asked = digest(f"{SpaceRecord.of(space).model_dump_json()}{named}{networks_digest(space)}")
    session = Session(archive, f"profile {card.id} {preset.name} {seed} {samples} {asked}")
    if refused:
        session.discard(refused)
    with temporary_folder() as folder:
        paths = write_all(space, architectures, folder, progress)
        beside = write_reference(space, reference, folder)
        record = SpeedRecord(card)
        profile, level = time_and_remember(
            device, paths, beside, session, preset,
            canaries=range(min(3, len(paths))), seed=seed, baseline=record.baseline_with(beside), progress=progress,
        )  # fmt: skip
        if not record.ever_calm(beside):
            profile = replace(profile, verdict=beside_others_at_first(profile.verdict, profile.others_busy))
        facts = examine(device, paths, session, progress) if extra else []
    shares = _shares(device, session)
    if profile.verdict.state == "unusable":
        session.discard()
    table = make_table(
        space, genomes, profile, card, reference=reference, preset=preset, seed=seed, facts=facts, level=level
    )
    providers = None if shares is None else provider_records(shares)
    return table.model_copy(update={"providers": providers, "transfer_sources": list(sources)})


def write_all(
    space: SearchSpace, architectures: Sequence[Architecture], folder: Path, progress: Progress
) -> list[Path]:
    """A file per architecture, named by its key."""
    paths = []
    for i, architecture in enumerate(architectures):
        progress(WRITING, i, len(architectures))
        paths.append(write_architecture(space, architecture, folder / f"{architecture.key}.onnx"))
    progress(WRITING, len(paths), len(paths))
    return paths


def write_reference(space: SearchSpace, architecture: Mapping[str, Option], folder: Path) -> Path:
    """The model timed beside every other one: a new table's is the middle network, an older one says which."""
    return write_architecture(space, space.architecture(architecture), folder / "reference.onnx")


def time_and_remember(
    device: Device,
    paths: Sequence[Path],
    reference: Path,
    session: Session,
    preset: Preset,
    *,
    canaries: Sequence[int] = (),
    seed: int = 0,
    reference_ms: float | None = None,
    baseline: Baseline | None = None,
    step: str = TIMING,
    progress: Progress,
) -> tuple[Profile, Level]:
    """`time_models`, each timing stored in `session` at once, and those already stored not taken again; what is known
    of the device's level, this session included.
    """
    archive, name = session.archive, session.name
    index = {path.stem: i for i, path in enumerate(paths)}
    already = [replace(timing, model=index[key]) for key, timing in archive.timings(name)]

    def keep(timing: Timing) -> None:
        archive.add_timings(name, [(paths[timing.model].stem, timing)])

    profile = time_models(
        device, paths, reference, preset, canaries=canaries, seed=seed, reference_ms=reference_ms,
        baseline=baseline, already=already, on_timing=keep,
        progress=lambda done, total: progress(step, done, total),
    )  # fmt: skip
    if len(archive.timings(name)) > len(already):
        return profile, remember(device, reference, profile)
    return profile, known_level(device, reference, profile.scale.reference_ms)


def examine(device: Device, paths: Sequence[Path], session: Session, progress: Progress) -> list[Facts]:
    """Facts per model, kept in one document of the session; none from a device that cannot tell any."""
    told = sorted(told_by(device))
    if not (told and isinstance(device, Examiner)):
        return []
    record = session.archive.record(FactsRecord, session.name)
    if record is None or not {*told} <= {*record.told}:
        models = []
        for facts in device.examine(paths):
            models.append(ModelFacts(file_bytes=facts.file_bytes, extra=dict(facts.extra)))
            progress(EXAMINING, len(models), len(paths))
        session.archive.put(session.name, record := FactsRecord(told=told, models=models))
    return [Facts(model.file_bytes, model.extra) for model in record.models]


def _shares(device: Device, session: Session) -> Shares | None:
    """Who ran the reference model in this session, which an earlier call may have timed."""
    shares = device.shares() if isinstance(device, ShareWatcher) else None
    if shares is None:
        record = session.archive.record(SharesRecord, session.name)
        return None if record is None else record.model_dump()["providers"]
    providers = {
        name: NodeShare(nodes=float(share["nodes"]), time=float(share["time"])) for name, share in shares.items()
    }
    session.archive.put(session.name, SharesRecord(providers=providers))
    return shares
