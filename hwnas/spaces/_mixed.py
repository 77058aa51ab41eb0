"""A network some of whose layers compute in 8-bit integers, as PyTorch computes it: by rounding in floating point.

The layers read values that were rounded to 256 steps, with weights rounded to 129 per output; and what a convolution
gives is rounded after the batch-norm and ReLU that follow it, as in the file, where these are folded. That file also
adds and pools in integers between such layers, which is not rounded here. Gradients go straight through the rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.mixed import Ranges, Recovery
from hwnas.contracts.ranges import BINS, Range, grid, histogram, most_told, widened, without_outermost
from hwnas.contracts.rounding import rounded_values, rounded_weights
from hwnas.contracts.words import one_of

LEAST_EXAMPLES = 8  # one has a range of its own, which says nothing of the next
_ROWS = 125  # examples per run
Place = tuple[str, str]
"""A module, and whether what it reads (``in``) or gives (``out``) is meant."""


def refuse_few(examples: int) -> None:
    """Are there enough calibration examples?

    Raises:
        InputError: there are not.
    """
    if examples < LEAST_EXAMPLES:
        raise InputError(
            f"The range of an activation in INT8 is found on at least {LEAST_EXAMPLES} training examples, got "
            f"{examples}; give the task more, or search without bits."
        )


class MixedPrecision(nn.Module):
    """See `Mixed`.

    Args:
        float32: the network.
        int8_layers: names of convolutions and linear layers in it.
        calibration: examples to find ranges on; None: the network is only written, to be timed.
        ranges: how they are found.
        recover: what is done about the accuracy: in the file, PyTorch rounds without it.

    Raises:
        InputError: there are too few examples.
    """

    def __init__(
        self,
        float32: nn.Module,
        int8_layers: tuple[str, ...],
        calibration: Sequence[np.ndarray] | None,
        ranges: Ranges,
        recover: Recovery = "none",
    ) -> None:
        super().__init__()
        self.recover = one_of("how accuracy is recovered", recover, get_args(Recovery))
        one_of("how ranges are found", ranges, get_args(Ranges))
        if calibration is not None:
            refuse_few(len(calibration[0]))
        self.float32, self.int8_layers, self.ranges = float32, int8_layers, ranges
        self.calibration = calibration
        self._found: dict[Place, Range] | None = None
        self.train(float32.training)

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the integers would give."""
        if self._found is None:
            self._found = self._find()
        weights = {
            f"{name}.weight": rounded_weights(self.float32.get_parameter(f"{name}.weight"), name)
            for name in self.int8_layers
        }
        found = self._found
        with self._at(found, lambda place, x: rounded_values(x, *grid(found[place]))):
            out: Tensor = functional_call(self.float32, weights, inputs)
        return out

    @contextmanager
    def _at(self, places: Iterable[Place], change: Callable[[Place, Tensor], Tensor]) -> Iterator[None]:
        """Within it, what modules read and give at `places` is changed."""
        handles = []
        for place in places:
            module = self.float32.get_submodule(place[0])
            if place[1] == "in":
                before = partial(lambda place, _module, args: (change(place, args[0]), *args[1:]), place)
                handles.append(module.register_forward_pre_hook(before))
            else:
                after = partial(lambda place, _module, _args, out: change(place, out), place)
                handles.append(module.register_forward_hook(after))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _find(self) -> dict[Place, Range]:
        """The ranges of all places where values are rounded."""
        if self.calibration is None:
            raise InputError("A network in INT8 needs calibration examples to compute anything; give it some.")
        parts = [
            tuple(torch.from_numpy(x[first : first + _ROWS]).to(self._device) for x in self.calibration)
            for first in range(0, len(self.calibration[0]), _ROWS)
        ]
        places = [*((name, "in") for name in self.int8_layers), *((end, "out") for end in self._ends(parts[0]))]
        extremes: dict[Place, Range] = dict.fromkeys(places, (0.0, 0.0))

        def see(place: Place, x: Tensor) -> Tensor:
            extremes[place] = widened(extremes[place], x.detach().cpu().numpy())
            return x

        self._run(parts, places, see)
        for (name, _), found in extremes.items():
            if not np.isfinite(found).all():
                raise InputError(
                    f"The calibration examples give layer {quoted(name)} values that are no finite numbers, so it has "
                    "no range to put into integers; mend the network or the examples, or keep it in float32."
                )
        if self.ranges == "minmax":
            return extremes
        counts = {place: np.zeros(BINS) for place in places}

        def count(place: Place, x: Tensor) -> Tensor:
            counts[place] += histogram(x.detach().cpu().numpy(), extremes[place])
            return x

        self._run(parts, places, count)
        cut = without_outermost if self.ranges == "percentile" else most_told
        return {place: cut(counts[place], extremes[place]) for place in places}

    def _run(
        self, parts: Sequence[tuple[Tensor, ...]], places: Sequence[Place], change: Callable[[Place, Tensor], Tensor]
    ) -> None:
        modes = [(module, module.training) for module in self.float32.modules()]
        self.float32.eval()
        with torch.no_grad(), self._at(places, change):
            for part in parts:
                self.float32(*part)
        for module, training in modes:
            module.training = training

    @property
    def _device(self) -> torch.device:
        return next((p.device for p in self.float32.parameters()), torch.device("cpu"))

    def _ends(self, inputs: tuple[Tensor, ...]) -> list[str]:
        """Modules after which what convolutions in integers give is rounded: batch-norm and ReLU right behind them."""
        modules = dict(self.float32.named_modules())
        follows: dict[int, str] = {}  # the convolution that a tensor is of
        ends: dict[str, str] = {}
        held = []  # so that no other tensor gets the identity of one

        def watch(name: str, module: nn.Module, args: tuple[object, ...], out: object) -> None:
            source = follows.get(id(args[0])) if args else None
            convolution = name in self.int8_layers and not isinstance(module, nn.Linear)
            goes_on = source is not None and isinstance(module, _BatchNorm | nn.ReLU | nn.ReLU6 | nn.Hardtanh)
            if convolution or goes_on:
                follows[id(out)] = owner = source if goes_on and source is not None else name
                ends[owner] = name
                held.append(out)

        handles = [module.register_forward_hook(partial(watch, name)) for name, module in modules.items() if name]
        with torch.no_grad():
            self.float32(*(x[:2] for x in inputs))
        for handle in handles:
            handle.remove()
        return list(ends.values())
