"""Proof that an ONNX file computes what the PyTorch network computes, on real examples.

Two runtimes add the same terms in different orders, so in float32 neither computes exactly what the network says. Both
are therefore held against the network in float64. A file is equal if no output of any example is further from it than
float32 arithmetic of that network explains (see `_rounding`); each output has a scale of its own, so that a class
masked with -1e9 hides nothing of the others. Where rounding itself decides which class is the largest, nothing could
be told from the difference, and nothing is proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hwnas.contracts.answer import answer_of
from hwnas.contracts.arrays import BoolArray, FloatArray
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.export._evaluating import evaluating

if TYPE_CHECKING:
    from torch import nn

    from hwnas.export._rounding import Rounding

_ROWS = 256  # examples at a time in PyTorch
_IN_FLOAT64 = 4  # examples that are also run in float64, which is slow; others follow where they look wrong


@dataclass(frozen=True)
class Parity:
    """How close the two are.

    Args:
        max_abs_diff: largest absolute difference of any logit between the file and PyTorch's float32.
        top1_agreement: share of answers that are the same class, 0 to 1, one per example, or per place of its output;
            on a tie they may differ. None where outputs are no classes.
        examples: how many were compared.
        file_error: largest difference of the file to the network in float64, on the examples run so.
        network_error: the same of PyTorch's float32.
        explained: what rounding explains, for the output where the file is nearest to that or furthest beyond.
    """

    max_abs_diff: float
    top1_agreement: float | None
    examples: int
    file_error: float
    network_error: float
    explained: float


def prove(module: nn.Module, onnx_path: Path, inputs: Sequence[np.ndarray], *, class_axis: int | None = 1) -> Parity:
    """Compare the outputs of `module`, in evaluation mode, and of the model at `onnx_path`.

    Args:
        module: the network the file was written from.
        onnx_path: a model with a fixed or an open batch; a fixed one is fed in runs of its size, the last one padded.
        inputs: real examples, one array per network input, ``(n, ...)`` each.
        class_axis: the dimension of an output ``(n, ...)`` along which classes compete; None where none do.

    Raises:
        PromiseError: an output is further off than rounding explains or is not a number, or the network's own
            rounding hides what it computes.
        InputError: there are no examples, or the file is no model that takes them.
    """
    arrays = [np.asarray(x) for x in inputs]
    if len({len(x) for x in arrays}) != 1 or len(arrays[0]) == 0:
        raise InputError(f"Parity needs the same number of examples per input, at least 1, got {[*map(len, arrays)]}.")
    path = Path(onnx_path)
    got, wanted = _answers_of_file(path, arrays), _answers_of_network(module, arrays)
    if wanted.shape != got.shape:
        raise PromiseError(f"{path} gives outputs {got.shape}, the network {wanted.shape}: it is of another network.")
    _refuse_not_finite(path, got, wanted)
    competing = class_axis is not None and class_axis < got.ndim and got.shape[class_axis] > 1
    return _Comparison(module, path, arrays, got, wanted, class_axis if competing else None).conclude()


def allowed_elsewhere(module: nn.Module, inputs: Sequence[np.ndarray]) -> FloatArray:
    """How far two proved runs of one network may be apart on a few inputs, for each output of an example ``(...)``."""
    import torch

    from hwnas.export._rounding import rounding_of

    with evaluating(module):
        return 2 * rounding_of(module, [torch.from_numpy(x) for x in inputs]).limit


class _Comparison:
    """One file against one network: what both answer, and which of it float64 was asked about.

    Args:
        got: the file's answers, ``(n, ...)``.
        wanted: PyTorch's in float32, ``(n, ...)``.
        axis: along which several classes compete, None where none do.
    """

    def __init__(
        self, module: nn.Module, path: Path, arrays: Sequence[np.ndarray], got: FloatArray, wanted: FloatArray,
        axis: int | None,
    ) -> None:  # fmt: skip
        self.module, self.path, self.arrays, self.got, self.wanted = module, path, arrays, got, wanted
        self.axis = axis
        self.difference = _distance(got, wanted)
        self.file_error = self.network_error = self.explained = self.nearest = 0.0

    def conclude(self) -> Parity:
        """Some examples first; then, worst first, all that differ from PyTorch by more than these explain."""
        total = len(self.got)
        first = np.unique(np.linspace(0, total - 1, _IN_FLOAT64).astype(int))
        rounding = self._compared(first, np.zeros(self.got.shape[1:]))
        self._refuse_blind(rounding)
        ratio = _ratio(self.difference, rounding.limit).reshape(total, -1).max(axis=1, initial=0.0)
        suspects = [row for row in np.argsort(-ratio) if ratio[row] > 1 and row not in first]
        for start in range(0, len(suspects), _IN_FLOAT64):
            self._compared(np.array(suspects[start : start + _IN_FLOAT64]), rounding.limit)
        return Parity(
            max_abs_diff=float(self.difference.max(initial=0.0)),
            top1_agreement=self._agreement(),
            examples=total,
            file_error=self.file_error,
            network_error=self.network_error,
            explained=self.explained,
        )

    def _compared(self, rows: np.ndarray, limit: FloatArray) -> Rounding:
        """Refuse a file that is further from float64 on `rows` than these, or `limit`, explain."""
        import torch

        from hwnas.export._rounding import rounding_of

        with evaluating(self.module):
            rounding = rounding_of(self.module, [torch.from_numpy(x[rows]) for x in self.arrays])
        file, network = _distance(self.got[rows], rounding.exact), _distance(rounding.plain, rounding.exact)
        self.file_error = max(self.file_error, float(file.max(initial=0.0)))
        self.network_error = max(self.network_error, float(network.max(initial=0.0)))
        ratio = _ratio(file, np.maximum(limit, rounding.limit))
        worst = np.unravel_index(int(ratio.argmax()), ratio.shape)
        if ratio[worst] >= self.nearest:
            self.nearest, self.explained = float(ratio[worst]), float(np.maximum(limit, rounding.limit)[worst[1:]])
        if not ratio[worst] <= 1:  # also true of what is not a number
            reference = "in float64" if rounding.refused is None else "in float32, as float64 fails"
            raise PromiseError(
                f"{self.path} does not compute what the network computes: of {len(self.got)} examples one has an "
                f"output {file[worst]:.3g} away from the network {reference}, where PyTorch in float32 is "
                f"{network[worst]:.3g} away and float32 arithmetic explains {self.explained:.3g}{self._agreeing()}. It "
                "is of another network, or a layer of this one was not written as what it computes: do not use it."
            )
        return rounding

    def _refuse_blind(self, rounding: Rounding) -> None:
        """Where rounding decides what the network answers, any file would be close enough."""
        if _decided(rounding.exact, rounding.limit, self.axis).mean() >= 0.5:
            return
        raise PromiseError(
            f"Whether {self.path} computes what the network computes cannot be told: float32 arithmetic moves its "
            f"outputs by up to {rounding.limit.max():.3g}, more than they differ from one another. The network adds "
            "up numbers too large for what it computes from them: rescale it."
        )

    def _agreement(self) -> float | None:
        if self.axis is None:
            return None
        return float((self.got.argmax(self.axis) == self.wanted.argmax(self.axis)).mean())

    def _agreeing(self) -> str:
        agreement = self._agreement()
        return "" if agreement is None else f"; the top class agrees on {agreement:.1%}"


def _decided(exact: FloatArray, limit: FloatArray, axis: int | None) -> BoolArray:
    """Which answers no rounding changes: the largest of the outputs along `axis`, or how an output differs by example.

    What is the same to the last digit is decided too: there is nothing that rounding could hide.
    """
    if axis is not None:
        limits = np.moveaxis(np.broadcast_to(limit, exact.shape), axis, -1)
        exact = np.moveaxis(exact, axis, -1)
        order = np.argsort(exact, axis=-1)[..., -2:]
        second, first = np.moveaxis(np.take_along_axis(exact, order, axis=-1), -1, 0)
        may_move = np.take_along_axis(limits, order, axis=-1).sum(axis=-1)
        return np.asarray((first == second) | (first - second > may_move))
    spread = exact.max(axis=0) - exact.min(axis=0)
    return np.asarray((spread == 0) | (spread > 2 * limit))


def _distance(a: FloatArray, b: FloatArray) -> FloatArray:
    """Absolute differences; the same infinity is the same."""
    with np.errstate(invalid="ignore"):
        return np.where(a == b, 0.0, np.abs(a - b))


def _ratio(error: FloatArray, limit: FloatArray) -> FloatArray:
    """Of errors to what is allowed; nothing is allowed where nothing was ever rounded."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error == 0, 0.0, error / limit)


def _refuse_not_finite(path: Path, got: FloatArray, wanted: FloatArray) -> None:
    """An infinity may be meant, such as the mask of a class, and is then in both."""
    for name, values in ((str(path), got), ("the network", wanted)):
        if np.isnan(values).any():
            share = np.isnan(values).reshape(len(values), -1).any(axis=1).mean()
            raise PromiseError(f"On {share:.1%} of {len(values)} examples {name} gives nan: no such model is used.")
    if not np.array_equal(np.isinf(got) * np.sign(got), np.isinf(wanted) * np.sign(wanted)):
        raise PromiseError(f"{path} has infinite outputs where the network has none, or the other way: do not use it.")


def _answers_of_file(path: Path, inputs: Sequence[np.ndarray]) -> FloatArray:
    from hwnas.export.scoring import outputs_of_file

    return np.concatenate([*outputs_of_file(path, inputs)]).astype(np.float64)


def _answers_of_network(module: nn.Module, inputs: Sequence[np.ndarray]) -> FloatArray:
    """PyTorch's, and no other runtime's: in evaluation mode examples do not see one another."""
    import torch

    from hwnas.export.scoring import parts

    with torch.no_grad(), evaluating(module):
        outputs = [answer_of(module(*map(torch.from_numpy, rows))).numpy() for rows in parts(inputs, _ROWS)]
    return np.concatenate(outputs).astype(np.float64)
