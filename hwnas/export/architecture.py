"""From an architecture to a file: the one way in which sub-networks are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.raised import in_one_line, where_raised
from hwnas.contracts.search_space import SearchSpace

if TYPE_CHECKING:
    from torch import nn


def network_of(space: SearchSpace, architecture: Architecture) -> nn.Module:
    """A network of the space with random weights: latency does not depend on their values.

    Raises:
        InputError: the space has no builder, or it fails.
    """
    import torch

    if space.build is None:
        raise InputError(f"Space {space.name!r} cannot build networks, so they cannot be timed; give it a builder.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            return space.build(architecture).eval()
        except Exception as error:
            raise InputError(
                f"The builder of space {quoted(space.name)} fails for {architecture.to_json()}{where_raised(error)}: "
                f"{type(error).__name__}: {in_one_line(error)}; correct it."
            ) from error


def write_architecture(
    space: SearchSpace, architecture: Architecture, path: Path, network: nn.Module | None = None
) -> Path:
    """Write a sub-network as the space lowers it, for one example per run, and return the path.

    Args:
        network: of the architecture; None: one with random weights, to be timed.

    Raises:
        InputError: the space cannot build it, or the file cannot be written.
    """
    from hwnas.export.writer import write_onnx

    plain = network_of(space, architecture) if network is None else network
    return write_onnx(space.lower(architecture, plain), space.inputs, path)
