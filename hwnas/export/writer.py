"""A plain PyTorch network as an ONNX file, fast.

Most convolutional networks and transformers are some dozens of operations that each have an exact word in ONNX. A table
of those words writes them in a fraction of a second, batch-norm folded, with the operators PyTorch's own exporter would
end with.
Anything outside the table goes to that exporter, whole: one network, one mechanism.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.files import write_atomic
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export._graph import OUTPUT
from hwnas.export._mixed import with_integers
from hwnas.export._rounding import MORE_THAN_ROUNDING
from hwnas.export._stock import stock_export
from hwnas.export._table import Unsupported
from hwnas.export._tracing import Traced, traced

MOST_BYTES = 2**31 - 2**20  # of a protocol buffer are 2 GiB, and the graph needs a little
_MADE_UP = 4
_DYNAMIC_EXAMPLES = 3  # batch of the examples when it is left open: a size few networks use for anything else
_ELEMENT = {torch.float32: TensorProto.FLOAT, torch.int64: TensorProto.INT64}


def write_onnx(
    module: nn.Module, inputs: Sequence[InputSpec], path: Path, *, dynamic_batch: bool = False, batch: int = 1
) -> Path:
    """Write `module`, as it computes in evaluation mode, to `path` and return the path.

    Inputs are called as in `inputs`, the one output ``logits``; arrays carry the names of the layers they come from,
    and the same network always gives the same file.

    Args:
        module: takes the inputs in order, returns one float32 tensor whose first dimension is the batch.
        inputs: shapes without the batch dimension.
        path: the file; written whole or not at all.
        dynamic_batch: leave the batch open; else it is `batch`.
        batch: examples per run of a model with a fixed batch.

    Raises:
        InputError: the network does not take these inputs or return one tensor, or the file cannot be written.
    """
    path = Path(path)
    _refuse_early(module, inputs)
    network = module.float32 if isinstance(module, Mixed) else module
    with evaluating(network):
        model = _to_model(network, inputs, dynamic_batch=dynamic_batch, batch=batch)
    if isinstance(module, Mixed):
        model = with_integers(model, module, _calibration(module, inputs, batch))
    write_atomic(path, model.SerializeToString())
    return path


def quick_bytes(module: nn.Module, inputs: Sequence[InputSpec]) -> bytes | None:
    """The model with an open batch, if the table has all its words; None where the slow exporter would be needed.

    Raises:
        InputError: the network does not take these inputs or return one tensor.
    """
    _refuse_early(module, inputs)
    network = module.float32 if isinstance(module, Mixed) else module
    with evaluating(network):
        try:
            model = _from_table(network, inputs, dynamic_batch=True, batch=1)
        except Unsupported:
            return None
    if isinstance(module, Mixed):
        model = with_integers(model, module, _calibration(module, inputs, 1))
    return bytes(model.SerializeToString())


def _calibration(mixed: Mixed, inputs: Sequence[InputSpec], batch: int) -> Sequence[np.ndarray]:
    """Examples to find ranges on; made-up ones, enough for a run, where only the time matters."""
    if mixed.calibration is not None:
        return mixed.calibration
    return [example(spec, max(batch, _MADE_UP)).numpy() for spec in inputs]


def _refuse_early(module: nn.Module, inputs: Sequence[InputSpec]) -> None:
    """What no exporter writes as a file that runs."""
    names = [spec.name for spec in inputs]
    if "" in names or OUTPUT in names or len(set(names)) < len(names):
        listed = ", ".join(map(quoted, names))
        raise InputError(f"Inputs need names of their own, other than {OUTPUT!r} and none, got {listed}; rename them.")
    tensors = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in tensors:
        if tensor.dtype == torch.bfloat16:
            raise InputError(f"ONNX Runtime does not run bfloat16 on processors, and {name} is; call .float() on it.")
    size = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    if size > MOST_BYTES:
        raise InputError(
            f"A model file holds at most {MOST_BYTES} bytes, got {size} in weights; use a smaller network."
        )


def _to_model(module: nn.Module, inputs: Sequence[InputSpec], *, dynamic_batch: bool, batch: int) -> onnx.ModelProto:
    try:
        return _from_table(module, inputs, dynamic_batch=dynamic_batch, batch=batch)
    except Unsupported:
        examples = [example(spec, _DYNAMIC_EXAMPLES if dynamic_batch else batch) for spec in inputs]
        return stock_export(module, examples, [spec.name for spec in inputs], dynamic_batch=dynamic_batch)


def _from_table(module: nn.Module, inputs: Sequence[InputSpec], *, dynamic_batch: bool, batch: int) -> onnx.ModelProto:
    return listed(module, inputs, dynamic_batch=dynamic_batch, batch=batch)[1]


def listed(
    module: nn.Module, inputs: Sequence[InputSpec], *, dynamic_batch: bool, batch: int
) -> tuple[Traced, onnx.ModelProto]:
    """The operations of a network in evaluation mode and the model they are written as, see `traced`.

    Raises:
        Unsupported: the table has no words for some of it, or an open batch of another size is answered otherwise.
        InputError: the network does not take these inputs or return one tensor.
    """
    rows = _DYNAMIC_EXAMPLES if dynamic_batch else batch
    examples = [example(spec, rows) for spec in inputs]
    names = [spec.name for spec in inputs]
    truth = _truth(module, examples)
    first = "batch" if dynamic_batch else batch
    declared = [
        helper.make_tensor_value_info(name, _ELEMENT[x.dtype], (first, *x.shape[1:]))
        for name, x in zip([*names, OUTPUT], [*examples, truth], strict=True)
    ]
    found = traced(module, examples, names, truth, dynamic_batch=dynamic_batch)
    model = found.graph.to_model(declared[:-1], found.result, declared[-1])
    if dynamic_batch:
        _refuse_other_answers(model, module, [example(spec, _DYNAMIC_EXAMPLES + 1) for spec in inputs])
    return found, model


def _refuse_other_answers(model: onnx.ModelProto, module: nn.Module, examples: Sequence[Tensor]) -> None:
    """Raises Unsupported where a model answers otherwise than its network, as where a size that happened to be that of
    the batch was taken for it.
    """
    truth, options = _truth(module, examples).numpy(), onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # made for one run
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        (got,) = session.run(None, {x.name: e.numpy() for x, e in zip(session.get_inputs(), examples, strict=True)})
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        raise Unsupported(f"ONNX Runtime does not run the model: {error}") from error
    limit = MORE_THAN_ROUNDING * np.abs(truth).max(initial=0, where=np.isfinite(truth))
    if got.shape != truth.shape or not np.allclose(got, truth, rtol=0, atol=limit, equal_nan=True):
        raise Unsupported("the model does not answer as the network does")


def example(spec: InputSpec, rows: int) -> Tensor:
    """So many random examples of an input, the same ones each time.

    Raises:
        InputError: files hold no inputs of its type.
    """
    generator = torch.Generator().manual_seed(0)
    if spec.dtype == "int64":
        return torch.randint(0, spec.high, (rows, *spec.shape), generator=generator)
    if spec.dtype == "float32":
        return torch.randn(rows, *spec.shape, generator=generator)
    raise InputError(
        f"Input {quoted(spec.name)} should be float32 or int64, got {quoted(spec.dtype)}; convert it in the network."
    )


def _truth(module: nn.Module, examples: Sequence[Tensor]) -> Tensor:
    shapes = ", ".join(str(tuple(x.shape)) for x in examples)
    try:
        with torch.no_grad():
            truth = module(*(x.clone() for x in examples))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        odd = sorted({str(x.dtype) for x in module.parameters() if x.dtype not in _ELEMENT})
        advice = f"it holds {', '.join(odd)}: call .float() on it" if odd else "check its inputs"
        raise InputError(f"The network should take inputs of shapes {shapes}, but: {reason}; {advice}.") from error
    if not isinstance(truth, Tensor) or truth.dtype != torch.float32 or truth.shape[:1] != examples[0].shape[:1]:
        got = f"{truth.dtype} {tuple(truth.shape)}" if isinstance(truth, Tensor) else type(truth).__name__
        raise InputError(f"The network should return one float32 tensor, batch first, got {got}; wrap it so it does.")
    return truth
