"""PyTorch's own exporter, for networks the table has no words for. Takes seconds where the table takes a blink."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from pathlib import Path
from traceback import walk_tb
from typing import cast

import onnx
import torch
from torch import Tensor, nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.quiet import quiet
from hwnas.export._graph import OPSET, OUTPUT
from hwnas.export._names import renamed

_PREFIX = "network."
_NOT_THE_USERS = (str(Path(torch.__file__).parent), str(Path(__file__).parent))


class _Held(nn.Module):
    """The network under a name, so that what is called like the exporter's own values (``t``) has a dot in its name."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor:
        result: Tensor = self.network(*inputs)
        return result


def stock_export(
    module: nn.Module, examples: Sequence[Tensor], names: Sequence[str], *, dynamic_batch: bool
) -> onnx.ModelProto:
    """The optimised model of `torch.onnx.export`, without its notes on source lines and folders.

    Raises:
        InputError: the exporter refuses the network; the sentence names the line of its code, where there is one.
    """
    batch = {0: torch.export.Dim("batch")}
    safe = [f"{_PREFIX}{i}" for i in range(len(names))]
    try:
        with quiet(), torch.no_grad():
            program = torch.onnx.export(
                _Held(module).train(module.training),
                tuple(examples),
                dynamo=True,
                input_names=safe,
                output_names=[f"{_PREFIX}{OUTPUT}"],
                opset_version=OPSET,
                dynamic_shapes=(tuple(batch for _ in examples),) if dynamic_batch else None,
                verbose=False,
                optimize=True,
            )
    except Exception as error:  # the exporter's passes have errors of their own
        raise InputError(_refusal(error)) from error
    model = cast("torch.onnx.ONNXProgram", program).model_proto
    _strip(model)
    wanted = dict(zip(safe, names, strict=True)) | {f"{_PREFIX}{OUTPUT}": OUTPUT}
    own = {x.name: x.name.removeprefix(_PREFIX) for x in model.graph.initializer if x.name.startswith(_PREFIX)}
    return renamed(model, wanted, own)


def _refusal(error: Exception) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    reason = next((line.strip() for line in str(cause).splitlines() if line.strip()), type(cause).__name__)
    place = _place_of(error)
    if "data-dependent" in str(cause) or "guard" in type(cause).__name__.lower():
        reason = "what it does there depends on the values of the data, which no model file can hold"
    return f"PyTorch's exporter refuses the network{place}: {reason}; write it without that."


def _place_of(error: BaseException) -> str:
    """The innermost line of somebody's own code that led to an error, in words; empty where there is none."""
    place = ""
    chained: BaseException | None = error
    while chained is not None:
        for frame, line in walk_tb(chained.__traceback__):
            file = frame.f_code.co_filename
            if not file.startswith(_NOT_THE_USERS) and not file.startswith("<"):
                code = linecache.getline(file, line).strip()
                own = frame.f_code.co_name not in {"run", "main", "<module>"} and "site-packages" not in file
                place = f" at {file}, line {line} ({code})" if own and code else place
        chained = chained.__cause__ or chained.__context__
    return place


def _strip(model: onnx.ModelProto) -> None:
    """Notes hold stack traces with local paths; equal networks should give equal files."""
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del noted.metadata_props[:]
        noted.doc_string = ""
