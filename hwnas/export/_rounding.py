"""How far from a network the same network in float32 may end up, per output: what an export is compared by.

How much rounding matters depends on the network: its depth, its cancellations, how large what it adds up is. So it is
tried, not assumed. A product of `k` terms summed in any order is off by what relative errors of about ``sqrt(k) u`` in
its weights would do, `u` being half a unit in the last place (Higham and Mary, "A New Approach to Probabilistic
Rounding Error Analysis", SIAM J. Sci. Comput. 41, 2019; we draw the errors at random, one per weight, where they bound
them). Some runs with weights moved so, and PyTorch's own error against float64, tell the scale of every output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hwnas.contracts.answer import answer_of
from hwnas.contracts.arrays import FloatArray
from hwnas.export._float64 import in_float64

HALF_ULP = 2.0**-24
MORE_THAN_ROUNDING = 1e-3  # of the largest output: more than arithmetic in another order makes of a network
_RUNS = 8  # with weights moved: with 4 examples each output has 32 samples, and its scale is known to within a third
_FACTOR = 16  # of the scale: ONNX Runtime's error was at most 3.4 of it, over 16 networks from 4 to 160 layers


@dataclass(frozen=True)
class Rounding:
    """What a network computes, in float64, and how far from it float32 may be.

    Args:
        exact: outputs in float64, ``(n, ...)``; in float32 where the network does not compute in float64.
        plain: PyTorch's outputs in float32, ``(n, ...)``.
        limit: largest difference to `exact` that rounding explains, per output of an example ``(...)``.
        refused: why the network does not compute in float64; None where it does.
    """

    exact: FloatArray
    plain: FloatArray
    limit: FloatArray
    refused: str | None = None

    def explains(self, got: FloatArray) -> bool:
        """Whether other outputs, ``(n, ...)``, are no further from `exact` than that."""
        return got.shape == self.exact.shape and bool((np.abs(got - self.exact) <= self.limit).all())


def rounding_of(module: nn.Module, inputs: Sequence[Tensor], half_ulp: float = HALF_ULP) -> Rounding:
    """The rounding of `module`, in evaluation mode, on a few examples, ``(n, ...)`` per input.

    `half_ulp` is half a unit in the last place of the numbers that the other way of computing has.
    """
    with torch.no_grad():
        plain = _array(module(*inputs))
        generator = torch.Generator().manual_seed(0)
        moved = [
            torch.func.functional_call(module, _moved(module, generator, half_ulp), tuple(inputs)) for _ in range(_RUNS)
        ]
    refused, exact = None, plain
    try:
        exact = _array(in_float64(module, inputs))
    except Exception as error:  # noqa: BLE001 - any code may stumble over a type it was not written for
        refused = f"{type(error).__name__}: {error}".splitlines()[0]
    if exact.shape != plain.shape:
        refused, exact = f"its outputs are then {exact.shape}", plain
    with np.errstate(invalid="ignore"):  # infinities of the same sign are equal, and are looked at elsewhere
        errors = np.concatenate([plain - exact]), np.concatenate([_array(x) - plain for x in moved])
        scale = np.maximum(*(np.sqrt(np.nan_to_num(error**2).mean(axis=0)) for error in errors))
        scale = np.maximum(scale, half_ulp * np.nan_to_num(np.abs(exact), posinf=0).max(axis=0))
    return Rounding(exact, plain, _FACTOR * scale, refused)


def _array(output: object) -> FloatArray:
    return answer_of(output).detach().cpu().double().numpy()


def _moved(module: nn.Module, generator: torch.Generator, half_ulp: float) -> dict[str, Tensor]:
    """Every tensor with the errors that stand for one run of such arithmetic; whole numbers may be indices."""
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {
        name: x * (1 + half_ulp * math.sqrt(_terms(x)) * torch.randn(x.shape, generator=generator))
        for name, x in tensors.items()
        if x.dtype == torch.float32 and not torch.equal(x, x.round())
    }


def _terms(weight: Tensor) -> int:
    """How many products are summed up per output."""
    return max(weight[0].numel(), 1) if weight.ndim > 1 and len(weight) else 1
