"""Make a trained network smaller for a device."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._bits import BLOCK, CHOSEN, Recover
from hwnas.cli._figures import milliseconds
from hwnas.cli._left_out import LeftOut
from hwnas.cli._limits import with_limits
from hwnas.cli._options import Data, Device, Force, On, Preset, Samples, Seed
from hwnas.cli._printing import next_command, say, say_place
from hwnas.cli._progress import loss_and_rate, steps
from hwnas.cli._recipe import with_recipe
from hwnas.training._usual import TO_HEAL

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.pipeline.selection.limits import Limits


@with_limits
@with_recipe(TO_HEAL)
def shrink(
    model: Annotated[
        str, typer.Argument(help="FILE.py:NAME: a trained network, or a function that gives one.", show_default=False)
    ],
    task: Annotated[str, typer.Option(help="Task: FILE.py:NAME, or one that hwnas knows.")],
    output: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; the model lies there afterwards.")],
    limits: "Limits",
    recipe: Mapping[str, object],
    device: Device = "cpu",
    best: Annotated[int, typer.Option(min=1, help="How many are fine-tuned before one is chosen.")] = 5,
    evaluations: Annotated[
        int | None, typer.Option(min=16, max=100_000, help="Evaluations of the search, and of its baseline: 60.")
    ] = None,
    importance: Annotated[
        str, typer.Option(help="Which entries smaller networks keep: by activation, taylor or l2, see the docs.")
    ] = "activation",
    keep: Annotated[list[str] | None, typer.Option(help="Pattern of names of modules to keep as they are.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Pattern of names of modules that may shrink.")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Shrink what is normalised over, too.")] = False,
    uniform: Annotated[
        bool, typer.Option("--uniform", help="One choice for all layers alike; what from_pretrained can load.")
    ] = False,
    multiple_of: Annotated[
        int | None, typer.Option(min=1, help="Keep widths to multiples of it, see hwnas profile --cliffs.")
    ] = None,
    resolution: Annotated[
        list[int] | None, typer.Option(help="Height of images to try, too; give it for each smaller one.")
    ] = None,
    length: Annotated[
        list[int] | None, typer.Option(help="Length of sequences to try, too; give it for each shorter one.")
    ] = None,
    bits: Annotated[
        str | None,
        typer.Option(
            metavar=f"[{'|'.join(CHOSEN)}]", help="Choose bits (float32 or INT8), too, for each block or layer."
        ),
        LeftOut(BLOCK, CHOSEN),
    ] = None,
    recover: Recover = "none",
    samples: Samples = 60,
    preset: Preset = "normal",
    data: Data = None,
    on: On = "cpu",
    seed: Seed = 0,
    force: Force = False,
) -> None:
    """Shrink a trained network to a budget: search its sub-networks, fine-tune the best, hand one out with proof.

    If it is killed, the same command goes on where it stood.

    Example: hwnas shrink my_model.py:net --task my_task.py:task --max-latency 5ms -o runs/mine
    """
    from hwnas.contracts.shown import with_interval
    from hwnas.pipeline.open import open_task
    from hwnas.pipeline.shrink import shrink as made_smaller

    with steps() as progress:
        smaller = made_smaller(
            model, open_task(task, data), device, folder=output,
            speedup=limits.speedup, worst_score=limits.worst_score, recipe=recipe,
            best=best, evaluations=evaluations, samples=samples,
            importance=importance,  # type: ignore[arg-type]  # checked where it is used
            keep=keep or (), only=only or ("*",), hidden=hidden, uniform=uniform, multiple_of=multiple_of, bits=bits,
            resolution=resolution or (), length=length or (),
            recover=recover, seed=seed, preset=preset, progress=progress, force=force, on=on,
            on_step=lambda done: progress.note(loss_and_rate(done)),
            **limits.named,
        )  # fmt: skip
    manifest, original, figure = smaller.manifest, smaller.original, smaller.manifest.figure
    for name, timed, worth in ((model, original, original), (smaller.onnx, smaller.member, manifest)):
        score = with_interval(figure.objective, worth.score, worth.score_interval)
        say(f"{name}: {milliseconds(timed.latency_ms)}, {figure.name} {score}")
    say(f"Beside the original: {smaller.front.beside_original(smaller.member)}, timed in the same rounds.")
    say(manifest.level.words())
    say_place("Page to look at", smaller.report)
    budget = f"{manifest.budget_ms or (manifest.latency_ms or 1) * 1.1:.4g}ms"
    next_command(("hwnas", "check", smaller.onnx, "--device", device, "--max-latency", budget), "check it again later")
