"""Search a run's supernet for a device."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._again import given
from hwnas.cli._bits import BITS, BLOCK, NO_BITS, Recover, print_with_bits
from hwnas.cli._front_table import print_foreseen, print_front, print_side_by_side, say_evaluated, say_notes
from hwnas.cli._left_out import LeftOut
from hwnas.cli._limits import ExtraObjective, with_limits
from hwnas.cli._options import Data, Force, On, OwnSpace, Preset, RunFolder, Samples, Seed, Task, TransferFrom
from hwnas.cli._printing import device_words, next_command, say, say_place, told
from hwnas.cli._progress import steps
from hwnas.cli._units import parse_duration_seconds, parse_objectives, parse_settings
from hwnas.contracts.errors import InputError
from hwnas.contracts.words import one_of

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.selection.limits import Limits


@with_limits
def search(
    context: typer.Context,
    run: RunFolder,
    limits: "Limits",
    device: Annotated[list[str] | None, typer.Option(help="Device string, such as cpu:threads=2; repeatable.")] = None,
    confidence: Annotated[
        float | None,
        typer.Option(help="Probability that a predicted latency keeps the limit, such as 0.95; default: 0.5."),
    ] = None,
    objective: ExtraObjective = None,
    evaluations: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=100_000,
            help="Evaluations of the search, and of its baseline: 60, or what --time allows.",
        ),
    ] = None,
    time: Annotated[str | None, typer.Option(help="Approximate time for all measurements, such as 10min.")] = None,
    strategy: Annotated[str, typer.Option(help="Search strategy; see docs/strategies.md.")] = "surrogate",
    setting: Annotated[
        list[str] | None, typer.Option(help="Setting of the strategy, such as predictor=rbf; repeatable.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate the cost of the search.")] = False,
    bits: Annotated[
        str | None,
        typer.Option(
            metavar=f"[{'|'.join(BITS)}]",
            help="Choose bits, too, for each block or layer; none and all (float32, INT8) are searched beside it.",
        ),
        LeftOut(BLOCK, BITS),
    ] = None,
    recover: Recover = "none",
    samples: Samples = 60,
    preset: Preset = "normal",
    transfer_from: TransferFrom = None,
    task: Task = None,
    data: Data = None,
    space: OwnSpace = None,
    on: On = "cpu",
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Find the best sub-networks for a device: profile, search, prove, re-time, evaluate on unseen images.

    If it is killed, the same command resumes and ends with the same front. Several devices share all measured scores;
    their fronts are shown side by side.

    Example: hwnas search runs/fashion --device cpu:threads=1 --max-latency 0.2ms
    """
    from hwnas.pipeline.bits import search_with_bits
    from hwnas.pipeline.side_by_side import side_by_side
    from hwnas.pipeline.study import open_study

    limits = replace(limits, confidence=confidence, extra_objectives=parse_objectives(objective or ()))
    seconds = None if time is None else parse_duration_seconds(time)
    settings = parse_settings(setting or (), "initial=20")
    searched, foreseen, held = [], {}, []
    where = [*told(space=space, task=task, data=data), *device_words((device or ["cpu"])[-1])]
    if bits is not None and one_of("what bits are chosen for", bits, BITS) != NO_BITS:
        if dry_run or strategy != "surrogate" or settings or seconds or len(device or []) > 1:
            raise InputError(
                "A search with --bits is of one device, by evaluations and the default strategy; leave --dry-run, "
                "--strategy, --setting, --time and further devices out."
            )
        with steps() as progress:
            study = open_study(
                run, (device or ["cpu"])[0], task, data, seed=seed, preset=preset, progress=progress,
                transfer_from=transfer_from or (), space=space, on=on,
            )  # fmt: skip
            found = search_with_bits(study, bits, evaluations, limits, recover=recover, samples=samples, force=force)
            page = found.joint.study.report(found.joint.front, force=force)
        print_with_bits(found)
        _say_end(page, found.joint.study.run.folder, found.joint.front, limits, where)
        return
    if recover != "none":
        raise InputError("There is nothing to recover without integers; search with --bits, or leave --recover out.")
    with steps() as progress:
        for name in device or ["cpu"]:
            study = open_study(
                run, name, task, data, seed=seed, preset=preset, progress=progress, transfer_from=transfer_from or (),
                space=space, on=on,
            )  # fmt: skip
            if dry_run:
                foreseen[name] = study.foresee(
                    evaluations, limits, samples=samples, seconds=seconds, strategy=strategy, settings=settings
                )
                continue
            before = study.run.evaluations()
            front = study.search(
                evaluations, limits, samples=samples, seconds=seconds, strategy=strategy, settings=settings,
                force=force,
            )  # fmt: skip
            page = study.report(front, force=force)
            searched.append((study, front))
            held.append((before, study.run.evaluations()))
    if dry_run:
        print_foreseen(foreseen)
        next_command(given(context, without=("dry_run",)), "do it")
        return
    for (_, front), (before, after) in zip(searched, held, strict=True):
        print_front(front)
        ends = ", ".join(f"{'random search' if n == 'random' else n} {v:.3f}" for n, v in front.hypervolume.items())
        say(f"Hypervolume after {front.evaluations} evaluations each: {ends}.")
        say_evaluated(before, after)
        say_notes(front)
    if len(searched) > 1:
        print_side_by_side([front for _, front in searched], side_by_side(searched))
    _say_end(page, run, front, limits, where)


def _say_end(page: Path, run: Path, front: "Front", limits: "Limits", where: Sequence[object]) -> None:
    say_place("Page to look at", page)
    middle_ms = front.members[len(front.members) // 2].limited_ms
    budget = f"{limits.latency_ms:g}ms" if limits.latency_ms else f"{middle_ms * 1.05:.3g}ms"
    next_command(("hwnas", "export", run, *where, "--max-latency", budget, "-o", "model.onnx"), "hand out a model")
