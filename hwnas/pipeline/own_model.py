"""From what a user types of a network of their own to a supernet in a folder."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from hwnas.contracts.errors import DeviceError, InputError, quoted
from hwnas.contracts.objects import is_object, object_at
from hwnas.contracts.raised import outcome
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.contracts.temporary import temporary_folder
from hwnas.devices import open_device
from hwnas.elasticity._inputs import Given
from hwnas.elasticity.table import ENDS
from hwnas.export.architecture import write_architecture
from hwnas.pipeline.measure import measure
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.tables.cliffs import learn_cliffs
from hwnas.pipeline.tables.time_architectures import Progress
from hwnas.supernet import Supernet


def example_inputs(text: str) -> Given:
    """Two random examples of the sizes in ``3x224x224``, or those at ``FILE.py:NAME``, which may be a function.

    Raises:
        InputError: it says neither.
    """
    if re.fullmatch(r"\d+(x\d+)*", text):
        sizes = InputSpec("inputs", tuple(map(int, text.split("x")))).shape
        return torch.randn(2, *sizes, generator=torch.Generator().manual_seed(0))
    if not is_object(text):
        raise InputError(f"Inputs are sizes such as 3x224x224, or FILE.py:NAME of tensors, got {quoted(text)}.")
    inputs = object_at(text, "example input")
    if callable(inputs) and not isinstance(inputs, Tensor | nn.Module):
        inputs = outcome(f"{text} cannot be made", inputs)
    if not isinstance(inputs, Tensor | tuple | list | Mapping):
        raise InputError(f"{text} should be a tensor, several, or tensors by name, got {quoted(inputs)}; mend it.")
    return inputs


def liked_multiple(device: str, preset: str, progress: Progress) -> int | None:
    """Of which number a device likes widths to be multiples; None: of none.

    Raises:
        DeviceError: the device fails, or is too busy for usable figures.
    """
    staircase, verdict = learn_cliffs(open_device(device), preset, progress)
    if verdict.state == "unusable":
        raise DeviceError(f"Which widths {device} likes cannot be told now: {verdict.advice}")
    return staircase.multiple if staircase.multiple > 1 else None


def ends_ms(space: SearchSpace, device: str, preset: str, progress: Progress) -> list[float]:
    """How long the smallest, the middle and the largest sub-network take, timed in turns.

    Raises:
        DeviceError: the device fails, or is too busy for usable figures.
    """
    with temporary_folder() as folder:
        paths = [write_architecture(space, getattr(space, name), folder / f"{name}.onnx") for name in ENDS]
        return [timed.latency_ms for timed in measure(paths, device, preset=preset, progress=progress).models]


def write_supernet(supernet: Supernet, folder: Path, *, force: bool = False) -> Path:
    """Save a supernet where no run is yet, and return the folder.

    Raises:
        InputError: there is another one, and `force` does not say to replace it; or somebody searched it.
    """
    run = Run(folder)
    if run.supernet_file.exists() and (run.front_file.exists() or not force):
        raise InputError(
            f"{run.folder} holds a supernet already; name another folder, or replace one that nobody searched with "
            "--force."
        )
    supernet.save(run.folder)
    return run.folder
