"""Whether what a network was written as, beside its ONNX file, answers as the network does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import InputSpec
from hwnas.export._evaluating import evaluating
from hwnas.export._rounding import HALF_ULP, rounding_of
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import example

_EXAMPLES = 4


def answers_alike(
    network: nn.Module,
    specs: Sequence[InputSpec],
    answer: Callable[[list[np.ndarray]], np.ndarray],
    *,
    examples: int = _EXAMPLES,
    half_ulp: float = HALF_ULP,
) -> bool:
    """Whether `answer`, of an array per input, ``(examples, ...)``, gives what the network does, up to rounding."""
    inputs = [example(spec, examples) for spec in specs]
    got = answer([x.numpy() for x in inputs])
    with evaluating(network):
        return rounding_of(network, inputs, half_ulp).explains(got)


def hand_out_alike(
    network: nn.Module,
    specs: Sequence[InputSpec],
    written: Path,
    path: Path,
    *,
    examples: Sequence[int] = (_EXAMPLES,),
    half_ulp: float = HALF_ULP,
) -> Path:
    """Copy an ONNX file that was `written` to `path` if, in ONNX Runtime, it answers as the network does, so many
    examples at a time.

    Raises:
        InputError: ONNX Runtime does not run it.
        PromiseError: it answers otherwise.
    """
    for count in examples:
        try:
            alike = answers_alike(
                network,
                specs,
                lambda inputs: np.concatenate([*outputs_of_file(written, inputs)]),
                examples=count,
                half_ulp=half_ulp,
            )
        except InputError as error:
            raise InputError(str(error).replace(str(written), str(path))) from error
        if not alike:
            raise PromiseError(f"{path} answers otherwise than the network, {count} at a time; hand it out without.")
    write_atomic(path, written.read_bytes())
    return path
