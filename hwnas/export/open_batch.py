"""A model that leaves open how many examples a run takes, for who gathers them: ``model.batch.onnx``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._evaluating import evaluating
from hwnas.export._rounding import rounding_of
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import example, write_onnx

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
        for rows in _BATCHES:
            inputs = [example(spec, rows) for spec in specs]
            try:
                got = np.concatenate([*outputs_of_file(written, [x.numpy() for x in inputs])])
            except InputError as error:
                reason = str(error).replace(str(written), str(path))
                raise InputError(f"The network cannot be written for any number of examples: {reason}") from error
            with evaluating(network), torch.no_grad():
                rounding = rounding_of(network, inputs)
            if not rounding.explains(got):
                raise PromiseError(f"{path} answers otherwise than the network, {rows} at a time; use {model}.")
        write_atomic(path, written.read_bytes())
    return path
