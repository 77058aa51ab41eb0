"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", show_default=False)]
Device = Annotated[str, typer.Option(help="Device string, such as cpu or cpu:threads=2.")]
MaxLatency = Annotated[str | None, typer.Option(help="Latency budget with its unit, such as 2ms.")]
WorstScore = Annotated[str | None, typer.Option(help="Worst score to accept, such as an accuracy of 92% (or 0.92).")]
MaxSize = Annotated[str | None, typer.Option(help="Largest file, such as 500kB.")]
MaxP95 = Annotated[str | None, typer.Option(help="Limit of single runs' 95th percentile, such as 5ms.")]
MaxP99 = Annotated[str | None, typer.Option(help="Limit of single runs' 99th percentile, such as 6ms.")]
MaxLoad = Annotated[str | None, typer.Option(help="Limit of the time to load it, such as 50ms.")]
MaxMemory = Annotated[str | None, typer.Option(help="Limit of the peak memory it adds, such as 40MB.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the task's data files.")]
Task = Annotated[str | None, typer.Option(help="Task, by default the one the supernet was trained for.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything drawn at random.")]
Preset = Annotated[str, typer.Option(help="How thoroughly to time: rapid, normal or thorough.")]
Samples = Annotated[int, typer.Option(min=1, max=100_000, help="Architectures to time, from small to large.")]
TransferFrom = Annotated[
    list[Path] | None,
    typer.Option(help="Latency table of another device, or a folder of them, to start from: then 10 samples do."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files there that hwnas did not write.")]
