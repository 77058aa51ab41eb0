"""A model for one example per run as one for several: what latencies of batches are measured on.

The batch is the first dimension of inputs and outputs. Where the graph has it as a number, in the sizes of a reshape,
that number is changed too. Whether this was all is not argued but tried: who asks compares the answers.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from hwnas.contracts.device import INPUTS_KEY
from hwnas.contracts.errors import InputError
from hwnas.contracts.files import write_atomic

_SIZED = ("Reshape", "Expand")  # take sizes as their second input


def batch_of(model: onnx.ModelProto) -> int | None:
    """Examples per run; None where that is open, or inputs differ in it."""
    known = {name.name for name in model.graph.initializer}
    given = [x.type.tensor_type.shape.dim for x in model.graph.input if x.name not in known]
    first = {dims[0].dim_value if dims and dims[0].HasField("dim_value") else 0 for dims in given}
    return next(iter(first)) or None if len(first) == 1 else None


def read_model(path: Path) -> onnx.ModelProto:
    """Raises InputError where it is none."""
    try:
        return onnx.load(path)
    except Exception as error:  # protobuf and onnx share no class of errors
        raise InputError(f"{path} is not an ONNX model; export it again.") from error


def write_batched(source: Path, target: Path, batch: int) -> Path:
    """Write the model at `source` for `batch` examples per run to `target`, and return that.

    Raises:
        InputError: it is no model, or takes more than one example already.
    """
    model = read_model(source)
    if batch_of(model) not in {None, 1}:
        raise InputError(f"{source} takes {batch_of(model)} examples per run already; export it for one.")
    if any(note.key == INPUTS_KEY for note in model.metadata_props):
        raise InputError(f"{source} is fed inputs of its own, which are one example; leave them or the batch out.")
    graph = model.graph
    known = {x.name for x in graph.initializer}
    for x in (*(x for x in graph.input if x.name not in known), *graph.output):
        dims = x.type.tensor_type.shape.dim
        if dims:
            dims[0].dim_value = batch
    del graph.value_info[:]
    sizes = {x.name: numpy_helper.to_array(x) for x in graph.initializer}
    sizes |= {
        node.output[0]: numpy_helper.to_array(node.attribute[0].t)
        for node in graph.node
        if node.op_type == "Constant" and node.attribute[0].name == "value"
    }
    for i, node in enumerate(graph.node):
        shape = sizes.get(node.input[1]) if node.op_type in _SIZED else None
        if shape is not None and shape.size and shape.flat[0] == 1:
            name = f"{node.input[1]}_of_{batch}_{i}"
            graph.initializer.append(numpy_helper.from_array(np.array([batch, *shape[1:]], np.int64), name))
            node.input[1] = name
    write_atomic(target, model.SerializeToString())
    return target
