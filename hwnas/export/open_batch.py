"""A model that leaves open how many examples a run takes, for who gathers them: ``model.batch.onnx``."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._answering import Answers, hand_out_alike
from hwnas.export.writer import write_onnx

_BATCHES = (1, 5)


def open_batch_paths(model: Path) -> tuple[Path]:
    """Where it lies beside a model file."""
    return (model.with_suffix(".batch.onnx"),)


def write_open_batch(network: nn.Module, specs: Sequence[InputSpec], model: Path) -> Path:
    """Write a network so beside `model`, and return the path. One example alone, and several together, must be answered
    as the network does, up to rounding.

    Raises:
        InputError: the network takes one example only, or cannot be written.
        PromiseError: the file answers otherwise.
    """
    (path,) = open_batch_paths(model)
    with temporary_folder() as folder:
        written = write_onnx(network, specs, folder / path.name, dynamic_batch=True)
        return hand_out_alike([Answers(network, specs, rows) for rows in _BATCHES], written, path)
