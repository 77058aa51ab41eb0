"""Mixed precision: networks run in half of the bits where that does no harm; weights and losses stay float32."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.optim import Optimizer

from hwnas.contracts.training_step import Output
from hwnas.contracts.words import one_of

Precision = Literal["float32", "bfloat16", "float16"]

_FEWEST = 2.0**-14  # a scale below which gradients are not too large for float16, but no numbers


class MixedPrecision:
    """How passes run and losses are scaled on a device.

    In float16 small gradients vanish, so losses are scaled up; a step whose gradients overflow by it is left out and
    the scale halved (Micikevicius et al., "Mixed Precision Training", ICLR 2018).

    Args:
        precision: which.
        device: type of the device, such as ``cuda``.

    Raises:
        InputError: there is no such precision.
    """

    def __init__(self, precision: Precision, device: str) -> None:
        self._dtype: torch.dtype = getattr(torch, one_of("the precision", precision, get_args(Precision)))
        self._device = device
        self._scaler = torch.amp.GradScaler(device) if precision == "float16" else None

    def casting(self) -> AbstractContextManager[object]:
        """Within it networks run in the precision."""
        if self._dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self._device, self._dtype)

    def full(self, output: Output) -> Output:
        """The same with a float32 value, of which losses are taken."""
        return replace(output, value=output.value.float()) if output.value.dtype == self._dtype else output

    def scaled(self, loss: Tensor) -> Tensor:
        """A loss to run backward from."""
        return loss if self._scaler is None else self._scaler.scale(loss)

    def unscale(self, optimizer: Optimizer) -> None:
        """Give the gradients their size."""
        if self._scaler is not None:
            self._scaler.unscale_(optimizer)

    def step(self, optimizer: Optimizer) -> None:
        """Update, unless gradients overflowed."""
        if self._scaler is None:
            optimizer.step()
            return
        self._scaler.step(optimizer)
        self._scaler.update()

    @property
    def fault(self) -> str:
        """What is wrong with the gradients; empty when nothing is. A step that was left out is no fault."""
        if self._scaler is None or self._scaler.get_scale() >= _FEWEST:
            return ""
        return "gradients in float16 are no finite numbers, however small their scale"

    def state(self) -> Mapping[str, Any]:
        """The scale and how long it has held; JSON."""
        return {} if self._scaler is None else self._scaler.state_dict()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        if self._scaler is not None and state:
            self._scaler.load_state_dict(dict(state))
