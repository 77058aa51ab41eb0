"""PyTorch's own exporter, for networks the table has no words for. Takes seconds where the table takes a blink."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import cast

import onnx
import torch
from torch import Tensor, nn

from hwnas.export._graph import OPSET, OUTPUT


def stock_export(
    module: nn.Module, examples: Sequence[Tensor], names: Sequence[str], *, dynamic_batch: bool
) -> onnx.ModelProto:
    """The optimised model of `torch.onnx.export`, without its notes on source lines and folders."""
    batch = {0: torch.export.Dim("batch")}
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
    model = cast("torch.onnx.ONNXProgram", program).model_proto
    _strip(model)
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter reports missing optional packages and its own deprecations; none of it is for our users."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _strip(model: onnx.ModelProto) -> None:
    """Notes hold stack traces with local paths; equal networks should give equal files."""
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del noted.metadata_props[:]
        noted.doc_string = ""
