"""What a network gives for many examples, as fast as this machine allows.

Networks that the table of `writer` can write run in ONNX Runtime, about twice as fast as in PyTorch on CPUs; the
others run in PyTorch, since writing them would take longer than it saves.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.errors import InputError
from hwnas.contracts.mixed import Mixed
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export.rounded import rounded
from hwnas.export.writer import quick_bytes

_ROWS = 250  # examples per run: activations of small networks stay in the cache


def outputs(module: nn.Module, specs: Sequence[InputSpec], inputs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """The output for all examples, ``(rows, ...)`` for some at a time, in their order.

    Args:
        module: a network with one output, taken in evaluation mode.
        specs: of its inputs.
        inputs: one array per input, ``(n, ...)`` each.

    Raises:
        InputError: the network does not take these inputs, or gives something else than one tensor.
    """
    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
    model = quick_bytes(module, specs) if specs and device.type == "cpu" else None
    if model is not None:
        yield from _run(_session(model), inputs)
        return
    computed = rounded_there(module, specs, device) if isinstance(module, Mixed) and specs else module
    with torch.no_grad(), evaluating(computed):
        for rows in parts(inputs, _ROWS):
            yield answer_of(computed(*(torch.from_numpy(x).to(device) for x in rows))).cpu().numpy()


def rounded_there(mixed: Mixed, specs: Sequence[InputSpec], device: torch.device) -> nn.Module:
    """What PyTorch computes for a network with layers in INT8 on a device: as its file does where that can be known, or
    nearly so.
    """
    assert isinstance(mixed, nn.Module)  # noqa: S101  a network itself
    if mixed.calibration is None:
        return mixed
    here = copy.deepcopy(mixed).cpu()
    as_file = rounded(here, specs, mixed.calibration)
    return mixed if as_file is None else as_file.to(device)


def outputs_of_file(path: Path, inputs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """The same of the ONNX file at `path`, run as it is: a file of a fixed batch in runs of that, the last one padded.

    Raises:
        InputError: ONNX Runtime cannot load the file, or the file does not take these inputs.
    """
    try:
        yield from _run(_session(str(path)), inputs)
    except InputError:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{path} does not run on {[x.shape for x in inputs]}: {reason}; check the file, and the examples."
        ) from error


def _session(model: bytes | str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or other work slows it by half
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, inputs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    names, batch = [x.name for x in session.get_inputs()], session.get_inputs()[0].shape[0]
    if not isinstance(batch, int):
        for rows in parts(inputs, _ROWS):
            yield session.run(None, dict(zip(names, rows, strict=True)))[0]
        return
    pending: list[np.ndarray] = []
    for rows in parts(inputs, batch):
        count = len(rows[0])
        full = [np.concatenate([x, np.repeat(x[-1:], batch - count, axis=0)]) if count < batch else x for x in rows]
        pending.append(session.run(None, dict(zip(names, full, strict=True)))[0][:count])
        if len(pending) * batch >= _ROWS:
            yield np.concatenate(pending)
            pending.clear()
    if pending:
        yield np.concatenate(pending)


def parts(inputs: Sequence[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    """At most `size` examples at a time, in their order."""
    for first in range(0, len(inputs[0]), size):
        yield [x[first : first + size] for x in inputs]
