"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", show_default=False)]
Device = Annotated[str, typer.Option(help="Device string, such as cpu or cpu:threads=2, or FILE.py:NAME.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the task's data files.")]
Task = Annotated[str | None, typer.Option(help="Task, or FILE.py:NAME; default: the one the supernet was trained for.")]
OwnSpace = Annotated[
    str | None,
    typer.Option("--space", help="The run's space, or network if that was given in Python, if your own: FILE.py:NAME."),
]
On = Annotated[str, typer.Option(help="Where networks train and are judged: cpu, cuda, cuda:1 or mps.")]
Seed = Annotated[int, typer.Option(min=0, help="Random seed.")]
Preset = Annotated[str, typer.Option(help="Timing effort: rapid, normal or thorough.")]
Samples = Annotated[int, typer.Option(min=1, max=100_000, help="Number of architectures to time, small to large.")]
TransferFrom = Annotated[
    list[Path] | None,
    typer.Option(help="Latency table of another device, or a folder of them, to transfer from: 10 samples then do."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files there that hwnas did not write.")]
