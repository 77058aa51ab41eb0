"""Train a supernet."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Data, Force, Seed
from hwnas.cli._printing import next_command, say
from hwnas.cli._progress import steps
from hwnas.cli._units import parse_settings


def train(
    space: Annotated[str, typer.Argument(help="Search space, see `hwnas spaces`.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    task: Annotated[str, typer.Option(help="What the networks are for.")] = "fashion_mnist",
    method: Annotated[str, typer.Option(help="Training method.")] = "sandwich",
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Setting of the method, such as randoms=1."),
    ] = None,
    sharing: Annotated[
        str | None, typer.Option(help="Weight-sharing scheme; by default the method's own, or prefix.")
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Passes over the training data; 14 unless --passes is given.")
    ] = None,
    passes: Annotated[
        int | None, typer.Option(help="Budget in passes of a batch through a sub-network, instead of epochs.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples per step.")] = 128,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.1,
    weight_decay: Annotated[float, typer.Option(min=0, help="Weight decay of kernels and matrices.")] = 5e-4,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")] = 0,
    data: Data = None,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Train a supernet; if it is killed, the same command resumes.

    Example: hwnas train mobilenetv3_grey28 --task fashion_mnist -o runs/fashion
    """
    from hwnas.contracts.errors import InputError
    from hwnas.pipeline.open import open_space, open_task
    from hwnas.pipeline.train import train_supernet
    from hwnas.training._recipe import Recipe

    if epochs is not None and passes is not None:
        raise InputError(
            f"A budget is in epochs or in passes, got --epochs {epochs:g} and --passes {passes}; give one."
        )
    recipe = Recipe(
        14 if epochs is None else epochs,
        batch_size,
        learning_rate,
        weight_decay=weight_decay,
        seed=seed,
        passes=passes,
    )
    with steps() as progress:
        supernet = train_supernet(
            open_space(space),
            open_task(task, data),
            method,
            recipe,
            output,
            progress,
            settings=parse_settings(setting or (), "randoms=1"),
            sharing=sharing,
            threads=threads,
            force=force,
        )
    record = supernet.record
    say(
        f"Trained {record['steps']} steps ({record['passes']} sub-network passes) in {record['seconds']} s; "
        f"it lies in {output}."
    )
    where = [] if data is None else ["--data", data]
    next_command(("hwnas", "search", output, "--device", "cpu", *where), "find its best sub-networks on this machine")
