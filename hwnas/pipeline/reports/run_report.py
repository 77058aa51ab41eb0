"""From a finished study to the story its report tells."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

from hwnas.archive import Archive
from hwnas.archive.provenance import code_version
from hwnas.archive.records import RatedRecord
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.objective import Objective
from hwnas.contracts.shown import unit as units
from hwnas.contracts.trial import Result
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.open import own_options
from hwnas.report.story import (
    Baseline,
    Command,
    Evaluated,
    FrontPoint,
    Guess,
    Guesses,
    HypervolumeCurve,
    LossCurve,
    RunName,
    Story,
)
from hwnas.training._curve import read_curve


def tell(
    front: Front,
    archive: Archive,
    ratings: list[RatedRecord],
    hypervolumes: dict[str, list[tuple[int, float]]],
    run_folder: str,
    architectures: int,
) -> Story:
    """The story of a front; everything in it was measured before."""
    middle = front.members[len(front.members) // 2]
    run = shlex.join([run_folder, *own_options(Path(run_folder), front.space, front.task)])
    return Story(
        title=f"{front.task} on {front.device['device']}",
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        space=front.space,
        task=front.task,
        figure=front.figure.objective,
        architectures=architectures,
        code_version=code_version(),
        device=DeviceCard(**front.device),
        verdict=f"The latency table is {front.verdict}",
        front=tuple(_point(member, run, front.beside_original(member)) for member in front.members),
        evaluated=tuple(_evaluated(archive, front)),
        baselines=tuple(_baselines(front)),
        guesses=tuple(_guesses(rating, front.figure.objective) for rating in ratings),
        progress=tuple(
            HypervolumeCurve("search" if strategy == front.search.strategy else "random", tuple(steps))
            for strategy, steps in hypervolumes.items()
        ),
        training=tuple(losses(Path(run_folder))),
        notes=(
            f"Strategy: {_strategy(front)}; search and random baseline had {front.evaluations} evaluations each. "
            f"Each member's {front.figure.name} is measured on {front.report_images} images that no search saw, each "
            f"faint point on the {front.search.images} images of the validation set. Expected scores are of the "
            f"validation set: {_share_measured(front)}. "
            "The two sets differ, so their figures are not comparable.",
            *front.said_of_weights,
            *front.notes,
        ),
        commands=(
            Command(
                export_command(middle, run),
                "hand out a model that keeps a budget",
            ),
            Command(f"hwnas show {shlex.quote(run_folder)}", "see the front as a table"),
        ),
    )


def losses(run_folder: Path) -> list[LossCurve]:
    """Of the supernet that was trained in the folder, by role."""
    lines = read_curve(run_folder)
    roles = dict.fromkeys(role for line in lines for role in line["losses"])
    steps = {role: [(line["step"], line["losses"][role]) for line in lines if role in line["losses"]] for role in roles}
    return [LossCurve(role, tuple(points)) for role, points in steps.items()]


def _share_measured(front: Front) -> str:
    share = front.search.measured_share
    return "measured there" if share == 1 else f"{share:.0%} measurement, the rest a cross-validated prediction"


def _strategy(front: Front) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in front.search.settings.items())
    return f"{front.search.strategy} ({settings})" if settings else front.search.strategy


def export_command(member: Member, run: str) -> str:
    """The command that hands a member out: its own measured upper bound, rounded up, as the budget."""
    budget = member.limited_ms * 1.02
    return f"hwnas export {run} --max-latency {budget:.4g}ms -o model.onnx"


def _point(member: Member, run: str, beside_original: str | None) -> FrontPoint:
    return FrontPoint(
        key=member.key,
        architecture=member.architecture,
        score=member.score,
        score_low=member.score_interval[0],
        score_high=member.score_interval[1],
        latency_ms=member.latency_ms,
        latency_low_ms=member.latency_ms_interval[0],
        latency_high_ms=member.latency_ms_interval[1],
        predicted_score=member.expected_score,
        predicted_latency_ms=member.predicted_latency_ms,
        size_bytes=member.size_bytes,
        macs=int(member.macs or 0),
        params=int(member.params or 0),
        budget_ms=None,
        validated=True,
        export_command=export_command(member, run),
        extra=member.extra,
        beside_original=beside_original,
    )


def _evaluated(archive: Archive, front: Front) -> list[Evaluated]:
    """By the rule of the front's own search: figures of another one are not comparable."""
    seen: dict[str, Evaluated] = {}
    provenance = archive.searches()[front.search.runs[front.search.strategy]].provenance
    searches = {run: search for run, search in archive.searches().items() if search.provenance == provenance}
    for run in sorted(searches, key=lambda run: searches[run].role == "baseline"):  # what both asked for is ours
        name: RunName = "random" if searches[run].role == "baseline" else "search"
        for result in archive.results(run):
            if result.error is None:
                seen.setdefault(result.trial.architecture.key, _seen(result, front.figure.name, name))
    return list(seen.values())


def _seen(result: Result, figure: str, run: RunName) -> Evaluated:
    return Evaluated(result.figures["latency_ms"], result.figures[figure], run)


def _baselines(front: Front) -> list[Baseline]:
    smallest = Baseline("smallest sub-network", front.smallest.latency_ms, front.smallest.score)
    if front.original is not None:
        return [smallest, Baseline("original", front.original.latency_ms, front.original.score)]
    return [smallest, Baseline("largest sub-network", front.largest.latency_ms, front.largest.score)]


def _guesses(rating: RatedRecord, figure: Objective) -> Guesses:
    unit = "ms" if rating.target == "latency_ms" else units(figure)
    points = zip(rating.figures, rating.mean, rating.low, rating.high, strict=True)
    return Guesses(
        rating.target.removesuffix("_ms"),
        unit,
        tuple(Guess(*(float(value) for value in point)) for point in points),
        rating.card,
    )
