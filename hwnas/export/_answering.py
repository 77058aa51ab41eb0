"""Whether what a network was written as, beside its ONNX file, answers as the network does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export._rounding import HALF_ULP, Rounding, rounding_of
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import example

_EXAMPLES = 4


class Answers:
    """What a network gives for a few examples; its rounding is found once, when something is first compared with it.

    Args:
        network: with one output.
        specs: of what it takes.
        examples: how many.
        half_ulp: of the numbers that others compute with, see `rounding_of`.
    """

    def __init__(
        self, network: nn.Module, specs: Sequence[InputSpec], examples: int = _EXAMPLES, half_ulp: float = HALF_ULP
    ) -> None:
        self._network, self._half_ulp, self.examples = network, half_ulp, examples
        self._inputs = [example(spec, examples) for spec in specs]

    def are_given_by(self, answer: Callable[[list[np.ndarray]], np.ndarray]) -> bool:
        """Whether `answer`, of an array per input, ``(examples, ...)``, gives the same, up to rounding."""
        got = answer([x.numpy() for x in self._inputs])
        return self._rounding.explains(got)

    @cached_property
    def _rounding(self) -> Rounding:
        with evaluating(self._network):
            return rounding_of(self._network, self._inputs, self._half_ulp)


def hand_out_alike(every: Sequence[Answers], written: Path, path: Path) -> Path:
    """Copy an ONNX file that was `written` to `path` if, in ONNX Runtime, it gives the answers of a network.

    Raises:
        InputError: ONNX Runtime does not run it.
        PromiseError: it answers otherwise.
    """
    for answers in every:
        try:
            alike = answers.are_given_by(lambda inputs: np.concatenate([*outputs_of_file(written, inputs)]))
        except InputError as error:
            reason = str(error).replace(str(written), path.name)
            raise InputError(f"The network cannot be handed out as {path.name}: {reason}") from error
        if not alike:
            raise PromiseError(
                f"{path.name} answers otherwise than the network, {answers.examples} at a time; hand it out without."
            )
    write_atomic(path, written.read_bytes())
    return path
