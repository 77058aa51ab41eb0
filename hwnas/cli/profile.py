"""Time a space on a device."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._figures import milliseconds, percent
from hwnas.cli._options import Force, Preset, Samples, Seed, TransferFrom
from hwnas.cli._printing import next_command, say, say_place, table
from hwnas.cli._progress import steps
from hwnas.contracts.errors import InputError
from hwnas.contracts.objects import is_object
from hwnas.contracts.places import expanded


def profile(
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Device string, such as cpu:threads=1.", show_default=False)],
    space: Annotated[
        str | None, typer.Option(help="Search space, or a run's folder, for its supernet's space.")
    ] = None,
    samples: Samples = 60,
    preset: Preset = "normal",
    seed: Seed = 0,
    transfer_from: TransferFrom = None,
    more: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Number of rows to add to the table at --out: the most informative ones."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--out", "-o", help="File of the latency table.")] = None,
    cliffs: Annotated[
        bool, typer.Option("--cliffs", help="Learn which widths the device prefers; --out: SVG.")
    ] = False,
    even_unusable: Annotated[
        bool, typer.Option(help="Write the table or picture even if its verdict is unusable.")
    ] = False,
    force: Force = False,
) -> None:
    """Time sub-networks of a space on a device, small to large, and write a latency table.

    Raw timings are kept beside the table; if it is killed, the same command resumes.

    Example: hwnas profile cpu:threads=1 --space mobilenetv3_grey28 --samples 60 --out cpu.json
    """
    from hwnas.pipeline.tables.profile import profile_to_file

    if cliffs:
        _cliffs(device, output, preset, even_unusable, force)
        return
    if more is not None:
        _refuse_beside_more(context)
    if space is None:
        raise InputError("A profile is of a search space, got none; name it with --space, see `hwnas spaces`.")
    with steps() as progress:
        made = profile_to_file(
            device, space, output, samples=samples, preset=preset, seed=seed, even_unusable=even_unusable,
            progress=progress, transfer_from=transfer_from or (), more=more, force=force,
        )  # fmt: skip
    if n := len(made.table.transfer_sources):
        told = f"{n} other {'device' if n == 1 else 'devices'}"
        say(f"Timed the most informative sub-networks, given the tables of {told}.")
    rows = sorted(made.table.rows, key=lambda row: row.latency_ms)
    say(f"{len(rows)} sub-networks timed on {made.table.device.device} ({made.table.device.processor}).")
    table(
        "Latencies",
        ("sub-network", "latency", "95 % interval"),
        [
            (name, milliseconds(row.latency_ms), " to ".join(milliseconds(x) for x in row.latency_ms_interval))
            for name, row in (("fastest", rows[0]), ("median", rows[len(rows) // 2]), ("slowest", rows[-1]))
        ],
    )
    for provider, share in (made.table.providers or {}).items():
        say(f"{provider} ran {percent(share.nodes)} of the nodes in {percent(share.time)} of the time.")
    if made.card is not None:
        say(
            f"Predicting the others: mean error {percent(made.card.mean_error)}, 95th percentile "
            f"{percent(made.card.p95_error)}, Kendall tau {made.card.kendall_tau:.2f} ({made.card.model}, held out)."
        )
    if made.advice is not None:
        say(made.advice)
    say(f"Verdict: {made.table.verdict.state}. {made.table.verdict.advice}")
    say(made.table.protocol.level.words())
    say_place("Table", made.path)
    if made.more is not None:
        again = ("hwnas", "profile", device, "--space", space, "--out", made.path, "--more", made.more)
        next_command(again, "time them")
        return
    by_object = is_object(space) or expanded(space).is_dir()  # of such a space the table's words alone are not enough
    own = ("--space", space) if by_object else ()
    predict = ("hwnas", "predict", made.path, "--architectures", made.path, *own)
    next_command(predict, "predict what was not timed")


def _refuse_beside_more(context: typer.Context) -> None:
    for name in ("samples", "preset", "seed", "transfer_from"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise InputError(
                f"--more times as the table at --out was timed, got --{name.replace('_', '-')} beside it; "
                "leave that out."
            )


def _cliffs(device: str, output: Path | None, preset: str, even_unusable: bool, force: bool) -> None:  # noqa: FBT001
    from hwnas.pipeline.tables.cliffs import picture_cliffs

    with steps() as progress:
        staircase, verdict, path = picture_cliffs(
            device, output, preset, progress, even_unusable=even_unusable, force=force
        )
    told = f"{len(staircase.widths)} widths of a pointwise layer timed."
    if staircase.multiple == 1:
        say(f"On {device} no width is faster than its neighbours: {told}")
    else:
        say(f"{device} prefers widths that are multiples of {staircase.multiple}: {told}")
    say(f"The timing is {verdict.state}. {verdict.advice}")
    say_place("Picture", path)
    next_command(("hwnas", "explain", "model.onnx", "--device", device), "see which layers of a model are padded")
