"""Show what of a trained network can shrink, and make a supernet of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._figures import milliseconds
from hwnas.cli._options import Force, Preset
from hwnas.cli._printing import next_command, say, say_place, table
from hwnas.cli._progress import steps
from hwnas.contracts.errors import DeviceError


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
    uniform: Annotated[
        bool, typer.Option("--uniform", help="One choice for all layers alike; what from_pretrained can load.")
    ] = False,
    multiple_of: Annotated[
        int | None, typer.Option(min=1, help="Keep to multiples of it; default: what the device likes.")
    ] = None,
    resolution: Annotated[
        list[int] | None, typer.Option(help="Height of images to offer, too; give it for each smaller one.")
    ] = None,
    length: Annotated[
        list[int] | None, typer.Option(help="Length of sequences to offer, too; give it for each shorter one.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Device string: keep to widths that it likes, and time sub-networks on it.")
    ] = None,
    preset: Preset = "rapid",
    output: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the supernet.")] = None,
    force: Force = False,
) -> None:
    """Show what of a trained network can shrink, what not and why, and write it as a supernet.

    Example: hwnas elastic my_model.py:net --inputs 3x224x224 --out runs/mine
    """
    from hwnas.elasticity.elastic import elastic as made_elastic
    from hwnas.elasticity.table import choice_rows, left_out_rows, sub_network_rows
    from hwnas.pipeline.own_model import ends_ms, example_inputs, liked_multiple, write_supernet

    given = example_inputs(inputs)
    if device is not None and multiple_of is None:
        with steps() as progress:
            multiple_of = liked_multiple(device, preset, progress)
        say(f"{device} likes {f'multiples of {multiple_of}' if multiple_of else 'all widths alike'}.")
    supernet = made_elastic(
        model, given, keep=keep or (), only=only or ("*",), hidden=hidden, multiple_of=multiple_of, uniform=uniform
    )
    space = supernet.space  # at the inputs' own size, as its table
    if resolution or length:
        supernet = supernet.with_input_sizes(resolution=resolution or (), length=length or ())
        sizes = [choice for choice in supernet.space.choices if choice.name not in space.names]
        told = "; ".join(f"{choice.name} {', '.join(map(str, choice.options))}" for choice in sizes)
        say(f"Sizes of inputs are a choice, too: {told}. All figures below are at the largest.")
    say(f"{model}: {len(space.choices)} choices, {space.count():,} distinct architectures")
    table("Can shrink", ("choice", "options", "parameters less", "multiply-adds less"), choice_rows(space))
    if rows := left_out_rows(space):
        table("Stays as it is", ("what", "size", "why"), rows)
    rows, columns = sub_network_rows(space), ["sub-network", "parameters", "multiply-adds"]
    untimed: DeviceError | None = None
    timed: Sequence[float | None] = [None] * len(rows)
    if device is not None:
        try:
            with steps() as progress:
                timed = ends_ms(space, device, preset, progress)
        except DeviceError as error:  # all else is known, and is not to be lost
            untimed = error
        rows = [(*row, "unknown" if ms is None else milliseconds(ms)) for row, ms in zip(rows, timed, strict=True)]
        columns.append(f"time on {device}")
    table("Sub-networks", columns, rows)
    if output is None:
        next_command(("hwnas", "elastic", model, "--inputs", inputs, "--out", "runs/mine"), "write it as a supernet")
    else:
        say_place("Supernet", write_supernet(supernet, output, force=force))
        next_command(("hwnas", "search", output, "--task", "TASK"), "search it on your task")
    if untimed is not None:
        raise untimed
