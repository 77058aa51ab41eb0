"""The whole path with the shipped supernet."""

import time
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._figures import kilobytes
from hwnas.cli._options import Device, Force
from hwnas.cli._printing import device_words, next_command, say, say_place, table
from hwnas.cli._progress import steps


def demo(
    output: Annotated[Path, typer.Option("--out", "-o", help="Folder for the models, the page and the run.")] = Path(
        "demo"
    ),
    device: Device = "cpu:threads=1",
    force: Force = False,
) -> None:
    """Search the shipped supernet for this machine: three budgets, three verified models, a page. A minute or two.

    Example: hwnas demo --out demo
    """
    from hwnas.contracts.shown import with_interval
    from hwnas.pipeline.demo import run_demo, write_summary

    began = time.monotonic()
    with steps() as progress:
        outcome = run_demo(output, device, progress, force=force)
        progress.finish()
    front, delivered = outcome.front, outcome.delivered
    seconds = {**progress.seconds, "all": time.monotonic() - began}
    write_summary(output, device, seconds, delivered)
    timed = "timed" if front.timed else "from the table"
    table(
        f"Fashion-MNIST on {front.device['processor']}, {device}",
        ("budget, ms", "predicted", timed, f"{front.figure.name} (95 %)", "size", "file"),
        [
            (
                f"{d.budget_ms:g}", f"{d.predicted_latency_ms:.3g}", f"{d.latency_ms:.3g}",
                with_interval(front.figure.objective, d.score, d.score_interval), kilobytes(d.size_bytes), d.file,
            )
            for d in delivered
        ],
    )  # fmt: skip
    again = "re-timed" if front.timed else "not timed, for its latency is from a table"
    for reason in outcome.refused:
        say(f"Not exported: {reason}")
    say(
        f"Each model was proved equal to PyTorch, {again}, and evaluated on {front.report_images} unseen images. "
        f"{seconds['all']:.0f} s."
    )
    say(f"The latency table is {front.verdict}")
    say_place("Page to look at", outcome.study.run.report_file.resolve())
    middle = delivered[len(delivered) // 2]
    budget = f"{middle.budget_ms * 1.2:.2g}ms"
    export = ("hwnas", "export", output, *device_words(device), "--max-latency", budget, "-o", "mine.onnx")
    next_command(export, "your own budget")
