"""What classes a network predicts for many examples, as fast as this machine allows.

Networks that the table of `writer` can write run in ONNX Runtime, about twice as fast as in PyTorch on CPUs; the
others run in PyTorch, since writing them would take longer than it saves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import onnxruntime
import torch
from torch import nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export.writer import quick_bytes

_ROWS = 250  # examples per run: activations of small networks stay in the cache


def classes(module: nn.Module, specs: Sequence[InputSpec], inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Index of the largest logit of every example, ``(n,)``.

    Args:
        module: a classifier, judged in evaluation mode.
        specs: of its inputs.
        inputs: one array per input, ``(n, ...)`` each.

    Raises:
        InputError: the network does not take these inputs.
    """
    model = quick_bytes(module, specs) if specs else None
    if model is None:
        with torch.no_grad(), evaluating(module):
            logits = [module(*(torch.from_numpy(x) for x in rows)).numpy() for rows in _runs(inputs)]
    else:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or other work slows it by half
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        names = [spec.name for spec in specs]
        logits = [session.run(None, dict(zip(names, rows, strict=True)))[0] for rows in _runs(inputs)]
    best: np.ndarray = np.concatenate(logits).argmax(axis=1)
    return best


def _runs(inputs: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    for first in range(0, len(inputs[0]), _ROWS):
        yield [x[first : first + _ROWS] for x in inputs]
