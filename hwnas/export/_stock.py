"""PyTorch's own exporter, for networks the table has no words for. Takes seconds where the table takes a blink."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import cast

import onnx
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.export._graph import OPSET, OUTPUT


def stock_export(
    module: nn.Module, examples: Sequence[Tensor], names: Sequence[str], *, dynamic_batch: bool
) -> onnx.ModelProto:
    """The optimised model of `torch.onnx.export`, without its notes on source lines and folders.

    Raises:
        InputError: the exporter refuses the network.
    """
    batch = {0: torch.export.Dim("batch")}
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                module,
                tuple(examples),
                dynamo=True,
                input_names=list(names),
                output_names=[OUTPUT],
                opset_version=OPSET,
                dynamic_shapes=tuple(batch for _ in examples) if dynamic_batch else None,
                verbose=False,
                optimize=True,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = next((line for line in str(error.__cause__ or error).splitlines() if line.strip()), "no reason given")
        raise InputError(
            f"PyTorch's exporter refuses the network: {reason}; write it without what depends on the data's values."
        ) from error
    model = cast("torch.onnx.ONNXProgram", program).model_proto
    _strip(model)
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter reports missing optional packages, deprecations and whole graphs; none of it is for our users."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _strip(model: onnx.ModelProto) -> None:
    """Notes hold stack traces with local paths; equal networks should give equal files."""
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del noted.metadata_props[:]
        noted.doc_string = ""
