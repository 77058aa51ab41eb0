"""The range of every value of a graph that becomes integers, found by running it on examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import get_args

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.mixed import Ranges
from hwnas.contracts.ranges import BINS, Range, histogram, most_told, widened, without_outermost
from hwnas.contracts.words import one_of

_ROWS = 125  # examples per run where the batch is open


def find_ranges(
    model: ModelProto, values: Sequence[str], inputs: Sequence[np.ndarray], how: Ranges
) -> dict[str, Range]:
    """Least and largest of what is to be told apart of each value; 0 is always between them.

    Args:
        model: in float32, with a fixed or an open batch.
        values: names of inputs, or of what nodes give.
        inputs: examples, one array per input, ``(n, ...)`` each.
        how: they are found.

    Raises:
        InputError: a value is not a finite number, or there are not enough examples for one run.
    """
    one_of("how ranges are found", how, get_args(Ranges))
    run = runner(model, values, inputs)
    extremes: dict[str, Range] = dict.fromkeys(values, (0.0, 0.0))
    runs = 0
    for found in run():
        runs += 1
        for name, array in found.items():
            extremes[name] = widened(extremes[name], array)
            if not np.isfinite(extremes[name]).all():
                raise InputError(
                    f"The calibration examples give {quoted(name)} values that are no finite numbers, so it has no "
                    "range to put into integers; mend the network or the examples, or keep that layer in float32."
                )
    if not runs:
        raise InputError("There are fewer calibration examples than one run of the model takes; give more.")
    if how == "minmax":
        return extremes
    counts = {name: np.zeros(BINS) for name in values}
    for found in run():
        for name, array in found.items():
            counts[name] += histogram(array, extremes[name])
    cut = without_outermost if how == "percentile" else most_told
    return {name: cut(counts[name], extremes[name]) for name in values}


def runner(
    model: ModelProto, values: Sequence[str], inputs: Sequence[np.ndarray]
) -> Callable[[], Iterator[dict[str, np.ndarray]]]:
    """Runs all examples and gives the values, some at a time; as often as it is called.

    Args:
        model: in float32, with a fixed or an open batch.
        values: names of inputs, or of what nodes give.
        inputs: examples, one array per input, ``(n, ...)`` each.
    """
    watched = ModelProto()
    watched.CopyFrom(model)
    given = [x.name for x in model.graph.input]
    inside = [name for name in values if name not in given]
    del watched.graph.output[:]
    watched.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in inside)
    if not inside:
        watched.graph.output.extend(model.graph.output)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    batch = session.get_inputs()[0].shape[0]
    rows = batch if isinstance(batch, int) else min(_ROWS, len(inputs[0]))

    def run() -> Iterator[dict[str, np.ndarray]]:
        for first in range(0, len(inputs[0]) - rows + 1, max(rows, 1)):
            feed = {name: x[first : first + rows] for name, x in zip(given, inputs, strict=True)}
            found = dict(zip(inside, session.run(inside or None, feed), strict=False))
            yield {name: found[name] if name in found else feed[name] for name in values}

    return run
