"""Train a supernet."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli._options import Data, Seed
from hwnas.cli._printing import next_command, say
from hwnas.cli._progress import steps


def train(
    space: Annotated[str, typer.Argument(help="Search space, see `hwnas spaces`.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    task: Annotated[str, typer.Option(help="What the networks are for.")] = "fashion_mnist",
    method: Annotated[str, typer.Option(help="Training method.")] = "sandwich",
    epochs: Annotated[float, typer.Option(help="Passes over the training data.")] = 14,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples per step.")] = 128,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.1,
    weight_decay: Annotated[float, typer.Option(min=0, help="Weight decay of kernels and matrices.")] = 5e-4,
    randoms: Annotated[int | None, typer.Option(help="Random sub-networks per step, for methods that draw.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")] = 0,
    data: Data = None,
    seed: Seed = 0,
) -> None:
    """Train a supernet; killed at any moment, the same command continues.

    Example: hwnas train mobilenetv3_grey28 --task fashion_mnist -o runs/fashion
    """
    from hwnas.pipeline.open import open_space, open_task
    from hwnas.pipeline.train import train_supernet
    from hwnas.training._loop import Recipe

    recipe = Recipe(epochs, batch_size, learning_rate, weight_decay=weight_decay, seed=seed)
    settings = {} if randoms is None else {"randoms": randoms}
    with steps() as progress:
        supernet = train_supernet(
            open_space(space), open_task(task, data), method, recipe, output, progress, threads=threads, **settings
        )
    say(f"Trained {supernet.record['steps']} steps in {supernet.record['seconds']} s; it lies in {output}.")
    next_command(("hwnas", "search", output, "--device", "cpu"), "find its best sub-networks on this machine")
