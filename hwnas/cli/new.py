"""A file to begin with, for a thing of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._printing import next_command, say_place

_NEXT = {
    "model": (("elastic", "{}:net", "--inputs", "3x32x32"), "see what of it can shrink"),
    "space": (("spaces", "{}:space"), "see what it holds, timed here"),
    "strategy": (("search", "RUN", "--strategy", "{}:strategy"), "search the run of a supernet by it"),
    "task": (
        ("train", "mobilenetv3:input_shape=3x32x32,classes=4", "--task", "{}:task", "--epochs", "1", "-o", "runs/mine"),
        "train a supernet for it",
    ),
}


def new(
    kind: Annotated[str, typer.Argument(help=f"What it is: {', '.join(_NEXT)}.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Where to write it.", show_default=False)],
) -> None:
    """Write a file with a model, task, space or strategy that works as it is, and says what to replace.

    Example: hwnas new task mine
    """
    from hwnas.pipeline.template import write_template

    path = write_template(kind, folder)
    say_place("Written", path)
    words, purpose = _NEXT[kind]
    next_command(("hwnas", *(word.format(path) for word in words)), purpose)
