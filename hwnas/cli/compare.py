"""Who needs how many evaluations."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Force
from hwnas.cli._printing import next_command, say, say_place, table
from hwnas.cli._progress import steps
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.outputs import outputs


def compare(
    run: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="Folder of a run whose searches to compare.")
    ] = None,
    problem: Annotated[str, typer.Option(help="What is searched; a wrong name lists all there are.")] = "micro_bench",
    strategies: Annotated[str, typer.Option(help="Names separated by commas, such as random,nsga2; or all.")] = "all",
    evaluations: Annotated[int, typer.Option(min=2, help="Budget of each run, in full evaluations.")] = 60,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Runs of each strategy.")] = 10,
    output: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the archive, the figures and the plot.")
    ] = Path("compare"),
    force: Force = False,
) -> None:
    """Benchmark strategies on MicroBench (exhaustively evaluated) and plot evaluations against hypervolume.

    Killed at any moment, the same command continues. With a run's folder, its own searches are compared instead; with
    `--problem`, another problem is searched: `nas_bench_201`, `ofa_note10` and `ofa_macs` need the published tables, in
    the folder that HWNAS_DATA names.

    Example: hwnas compare --strategies surrogate,nsga2,random --seeds 10 -o compare
    """
    from hwnas.pipeline.selection.compare import TARGETS, contest_of_problem, contest_of_run

    chosen = [] if strategies == "all" else [name.strip() for name in strategies.split(",") if name.strip()]
    if not chosen and strategies != "all":
        raise InputError(f"A comparison is of named strategies, or of all, got {quoted(strategies)}; name some.")
    with outputs([output / "compare.json", output / "compare.svg"], force=force):
        if run is not None:
            contest = contest_of_run(run, output)
        else:
            with steps() as progress:
                contest = contest_of_problem(
                    problem, chosen, evaluations=evaluations, seeds=seeds, folder=output, progress=progress
                )
    rows = []
    for s in contest.standings:
        low, middle, high = (float(q[-1]) for q in s.quartiles)
        reached = [
            f"{t.median if t.median is not None else f'>{contest.evaluations}'} ({t.reached})"
            for t in (s.targets[target] for target in TARGETS)
        ]
        rows.append((s.strategy, f"{middle:.3f}", f"{low:.3f}-{high:.3f}", *reached))
    runs = max(len(s.curves) for s in contest.standings)
    heads = ("strategy", "hypervolume", "quartiles", *(f"to {target:.0%}" for target in TARGETS))
    table(f"After {contest.evaluations} evaluations, as shares of the best hypervolume", heads, rows)
    say(f"Evaluations to a share: median run (in brackets: how many of the {runs} runs reached it).")
    say_place("Picture", contest.picture)
    say_place("Figures", contest.page)
    next_command(("hwnas", "search", "--help"), "search a supernet of your own")
