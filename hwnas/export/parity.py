"""Proof that an ONNX file computes what the PyTorch network computes, on real examples.

Float32 keeps about seven digits and two runtimes add the same terms in different orders, so the outputs of one
network differ by some 1e-6 of the size of its logits; folded batch-norms add as much again. A wrong file (a stale
weight, a layer lost, a mean not applied) is off by a percent and more. The limit stands between the two, and is a
share of the largest logit, since rounding grows with the numbers that are rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.export._evaluating import evaluating

if TYPE_CHECKING:
    import onnxruntime
    from torch import nn

TOLERANCE = 1e-4
_ROWS = 256  # examples per run when the model leaves its batch open: enough to be fast, small enough for any memory


@dataclass(frozen=True)
class Parity:
    """How close the two are.

    Args:
        max_abs_diff: largest absolute difference of any logit.
        top1_agreement: share of examples whose largest logit is the same one, 0 to 1. Examples on a tie may differ.
        examples: how many were compared.
    """

    max_abs_diff: float
    top1_agreement: float
    examples: int


def prove(module: nn.Module, onnx_path: Path, inputs: Sequence[np.ndarray], *, tolerance: float = TOLERANCE) -> Parity:
    """Compare the logits of `module`, in evaluation mode, and of the model at `onnx_path`.

    Args:
        module: the network the file was written from.
        onnx_path: a model with a fixed or an open batch; a fixed one is fed in runs of its size, the last one padded.
        inputs: real examples, one array per network input, ``(n, ...)`` each.
        tolerance: largest difference allowed, as a share of the largest absolute logit over all examples.

    Raises:
        PromiseError: the difference is above the limit, or a logit is not a finite number.
        InputError: there are no examples, or the file is no model that takes them.
    """
    arrays = [np.asarray(x) for x in inputs]
    if len({len(x) for x in arrays}) != 1 or len(arrays[0]) == 0:
        raise InputError(f"Parity needs the same number of examples per input, at least 1, got {[*map(len, arrays)]}.")
    got = logits_of(Path(onnx_path), arrays).astype(np.float64)
    wanted = np.concatenate([_torch_logits(module, rows)[:n] for rows, n in _runs(None, arrays)]).astype(np.float64)
    if wanted.shape != got.shape:
        raise PromiseError(f"{onnx_path} gives logits {got.shape}, the network {wanted.shape}; export it again.")
    parity = Parity(
        max_abs_diff=float(np.abs(wanted - got).max()),
        top1_agreement=float((wanted.argmax(-1) == got.argmax(-1)).mean()),
        examples=len(wanted),
    )
    scale = float(np.abs(wanted).max())
    if not parity.max_abs_diff <= tolerance * scale:  # also true of a difference that is not a number
        limit = f"{tolerance * scale:.3g} ({tolerance:g} of the largest logit)"
        raise PromiseError(
            f"{onnx_path} does not compute what the network computes: on {parity.examples} examples logits differ by "
            f"up to {parity.max_abs_diff:.3g}, allowed are {limit}, and the top class agrees "
            f"on {parity.top1_agreement:.1%}; export it again."
        )
    return parity


def logits_of(onnx_path: Path, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Logits ``(n, classes)`` of the model at `onnx_path`, with a fixed or an open batch, for inputs as in `prove`.

    Raises:
        InputError: the file is no model that takes them.
    """
    session = _session(onnx_path)
    declared = session.get_inputs()[0].shape[0]
    batch = declared if isinstance(declared, int) else None
    return np.concatenate([_onnx_logits(session, rows)[:n] for rows, n in _runs(batch, inputs)])


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what matters is raised
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} should be a model ONNX Runtime can load, but: {reason}; export it again.") from error


def _runs(batch: int | None, arrays: Sequence[np.ndarray]) -> Iterator[tuple[list[np.ndarray], int]]:
    """Consecutive rows in runs of `batch`, the last one padded, and how many of each are not padding; None: any size.

    PyTorch is asked in large runs whatever the model's batch is: in evaluation mode examples do not see one another.
    """
    size, total = batch or _ROWS, len(arrays[0])
    for first in range(0, total, size):
        wanted = np.arange(first, first + size)
        rows = np.minimum(wanted, total - 1) if batch else wanted[wanted < total]
        yield [x[rows] for x in arrays], min(size, total - first)


def _torch_logits(module: nn.Module, rows: Sequence[np.ndarray]) -> np.ndarray:
    import torch

    with torch.no_grad(), evaluating(module):
        logits: np.ndarray = module(*(torch.from_numpy(x) for x in rows)).numpy()
    return logits


def _onnx_logits(session: onnxruntime.InferenceSession, rows: Sequence[np.ndarray]) -> np.ndarray:
    names = [x.name for x in session.get_inputs()]
    try:
        logits: np.ndarray = session.run(None, dict(zip(names, rows, strict=True)))[0]
    except Exception as error:
        shapes = [f"{x.dtype} {x.shape}" for x in rows]
        raise InputError(
            f"The model should take inputs {names} as {shapes}, but: {error}; check the examples."
        ) from error
    return logits
