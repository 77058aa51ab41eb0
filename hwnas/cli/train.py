"""Train a supernet."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._options import Data, Force, On, Seed
from hwnas.cli._printing import next_command, say
from hwnas.cli._progress import loss_and_rate, steps
from hwnas.cli._recipe import with_recipe
from hwnas.cli._units import parse_settings
from hwnas.contracts.objects import is_object
from hwnas.training._usual import TO_TRAIN

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.training._curve import StepDone

_TASK = "fashion_mnist"  # of a space that is trained without more words


@with_recipe(TO_TRAIN)
def train(
    space: Annotated[
        str, typer.Argument(help="Search space, see `hwnas spaces`, or a supernet's folder.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    recipe: Mapping[str, object],
    task: Annotated[
        str | None,
        typer.Option(help="What the networks are for: fashion_mnist, or what a supernet was trained for."),
    ] = None,
    method: Annotated[str, typer.Option(help="Training method.")] = "sandwich",
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Setting of the method, such as randoms=1."),
    ] = None,
    sharing: Annotated[
        str | None, typer.Option(help="Weight-sharing scheme, or FILE.py:NAME; by default the method's own, or prefix.")
    ] = None,
    init: Annotated[
        Path | None, typer.Option(help="Weights of a trained largest network to begin with (.safetensors).")
    ] = None,
    on: On = "cpu",
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write events for TensorBoard to RUN/tensorboard.")
    ] = False,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")] = 0,
    data: Data = None,
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Train a supernet; if it is killed, the same command resumes.

    Several processes train together, started as torchrun --nproc-per-node 2 -m hwnas train ...

    Example: hwnas train mobilenetv3_grey28 --task fashion_mnist -o runs/fashion
    """
    from hwnas.contracts.search_space import SearchSpace
    from hwnas.pipeline.open import open_task, stored_task, task_of
    from hwnas.pipeline.train import to_train
    from hwnas.pipeline.train import train as trained
    from hwnas.spaces._narrowed import said_of_narrowing
    from hwnas.training._processes import is_first
    from hwnas.training._tensorboard import TensorBoard

    opened = to_train(space, output)
    inputs = opened.inputs if isinstance(opened, SearchSpace) else opened.space.inputs
    if task is None and not isinstance(opened, SearchSpace):
        learnt = stored_task(task_of(opened), data, inputs)
    else:
        learnt = open_task(task or _TASK, data, inputs)
    events = TensorBoard(output / "tensorboard") if tensorboard and is_first() else None
    with steps(shown=is_first()) as progress:

        def on_step(done: "StepDone") -> None:
            progress.note(loss_and_rate(done))
            if events is not None:
                events(done)

        supernet = trained(
            opened, learnt, folder=output, method=method,
            recipe={**recipe, "seed": seed},
            settings=parse_settings(setting or (), "randoms=1"), sharing=sharing, init=init, threads=threads, on=on,
            on_step=on_step, progress=progress, force=force,
        )  # fmt: skip
    if not is_first():
        return
    record = supernet.record
    if "best" in record:
        best = record["best"]
        stopped = "stopped early" if record["stopped_early"] else "went to its end"
        say(f"It {stopped}; the weights are those of step {best['step']}, the best by the search examples.")  # type: ignore[index]
    say(
        f"Trained {record['steps']} steps ({record['passes']} sub-network passes) in {record['seconds']} s; "
        f"it lies in {output}."
    )
    for sentence in said_of_narrowing(supernet.space):
        say(sentence)
    if supernet.sharing.needs_member:
        say("Each task has a network of its own: `supernet.extract(architecture, member=TASK)` in Python, from 0 on.")
        return
    where = ["--space", space] if is_object(space) else []
    where += ["--task", task] if task and ":" in task else []
    where += [] if data is None else ["--data", str(data)]
    next_command(("hwnas", "search", output, "--device", "cpu", *where), "find its best sub-networks on this machine")
