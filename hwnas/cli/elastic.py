"""Show what of a trained network can shrink, and make a supernet of it."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Force
from hwnas.cli._printing import next_command, say, say_place, table


def elastic(
    model: Annotated[
        str, typer.Argument(help="FILE.py:NAME: a network, or a function that gives one.", show_default=False)
    ],
    inputs: Annotated[
        str,
        typer.Option(
            help="Sizes of its input without the batch, such as 3x224x224, or FILE.py:NAME of example inputs."
        ),
    ],
    keep: Annotated[list[str] | None, typer.Option(help="Pattern of names of modules to keep as they are.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Pattern of names of modules that may shrink.")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Offer what is normalised over, too.")] = False,
    multiple_of: Annotated[int | None, typer.Option(min=1, help="Keep to multiples of it.")] = None,
    output: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the supernet.")] = None,
    force: Force = False,
) -> None:
    """Show what of a trained network can shrink, what not and why, and write it as a supernet.

    Example: hwnas elastic my_model.py:net --inputs 3x224x224 --out runs/mine
    """
    from hwnas.elasticity.elastic import elastic as made_elastic
    from hwnas.elasticity.table import choice_rows, left_out_rows, sub_network_rows
    from hwnas.pipeline.own_model import example_inputs, write_supernet

    supernet = made_elastic(
        model, example_inputs(inputs), keep=keep or (), only=only or ("*",), hidden=hidden, multiple_of=multiple_of
    )
    space = supernet.space
    say(f"{model}: {len(space.choices)} choices, {space.count():,} distinct architectures")
    table("Can shrink", ("choice", "options", "parameters less", "multiply-adds less"), choice_rows(space))
    if rows := left_out_rows(space):
        table("Stays as it is", ("what", "size", "why"), rows)
    table("Sub-networks", ("sub-network", "parameters", "multiply-adds"), sub_network_rows(space))
    if output is None:
        next_command(("hwnas", "elastic", model, "--inputs", inputs, "--out", "runs/mine"), "write it as a supernet")
        return
    say_place("Supernet", write_supernet(supernet, output, force=force))
    next_command(("hwnas", "search", output, "--task", "TASK"), "search it on your task")
