"""Hand out a sub-network that was tuned outside."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli._front_table import print_front
from hwnas.cli._limits import with_limits
from hwnas.cli._options import Data, Force, On, OwnSpace, Preset, RunFolder, Task
from hwnas.cli._printing import next_command, say_place
from hwnas.cli._progress import steps

if TYPE_CHECKING:  # loaded when first used, so that help is quick
    from hwnas.pipeline.selection.limits import Limits


@with_limits
def promise(
    run: RunFolder,
    weights: Annotated[Path, typer.Argument(help="Its tensors, .safetensors.", show_default=False)],
    limits: "Limits",
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file.")] = Path("model.onnx"),
    sub_network: Annotated[
        str | None, typer.Option(help="Which of the front it is; default: the one of these sizes.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Device string; default: the front's own.")] = None,
    preset: Preset = "normal",
    task: Task = None,
    data: Data = None,
    space: OwnSpace = None,
    on: On = "cpu",
    force: Force = False,
) -> None:
    """Take up a sub-network that you tuned further: prove, time and evaluate it again, and export it.

    Example: hwnas promise runs/fashion tuned.safetensors -o model.onnx
    """
    from hwnas.devices import open_stored
    from hwnas.pipeline.delivery.front import Front
    from hwnas.pipeline.delivery.own_weights import filled_one_of
    from hwnas.pipeline.study import open_study
    from hwnas.sharing._stored import read_weights

    front_file = run / "front.json"
    target = device or str(Front.read(front_file).device["device"])
    with steps() as progress:
        opened = device or open_stored(target, front_file)
        study = open_study(run, opened, task, data, preset=preset, progress=progress, space=space, on=on)
        front = study.front() if sub_network is None else study.front().only(sub_network)
        among = [study.space.architecture(member.architecture) for member in front.members]
        architecture, network = filled_one_of(study.supernet, among, read_weights(weights))
        alone = study.adopt(architecture, network).only(architecture.key)
        manifest = study.deliver(alone, output, limits, force=force)
    print_front(alone)
    say_place("Manifest", output.with_suffix(".json"))
    budget = f"{limits.latency_ms:g}ms" if limits.latency_ms else f"{(manifest.latency_ms or 1) * 1.1:.3g}ms"
    checked_on = target if study.device.card().timed else "THE_DEVICE_ITSELF"
    next_command(("hwnas", "check", output, "--device", checked_on, "--max-latency", budget), "check it in CI")
