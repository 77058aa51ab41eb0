"""The one tensor that a network answers with, also where it comes with others or under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hwnas.contracts.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

LOGITS = "logits"
"""What Hugging Face's models call it, among a loss, hidden states and caches."""


def answer_of(output: object) -> Tensor:
    """The output itself where it is a tensor, its entry `LOGITS` where it has names, or its only tensor.

    Raises:
        InputError: it is none of these.
    """
    from torch import Tensor

    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping) and isinstance(logits := output.get(LOGITS), Tensor):
        return logits
    parts = list(output.values()) if isinstance(output, Mapping) else output
    tensors = [part for part in parts if isinstance(part, Tensor)] if isinstance(parts, list | tuple) else []
    if len(tensors) == 1 and len(parts) == 1:  # type: ignore[arg-type]
        return tensors[0]
    names = f" of {', '.join(map(str, output))}" if isinstance(output, Mapping) else ""
    raise InputError(
        f"A network should give one tensor, or several with one named {LOGITS!r}, got {type(output).__name__}{names}; "
        "wrap it in a module that returns the one that is meant."
    )
