"""Words for where in a network work is done, and for what kind of work it is."""

import re
from collections.abc import Sequence


def block_of(module: str) -> str:
    """The block that a module is in: its name up to its last number, such as ``stages.2.blocks.1``."""
    return _up_to_number(module, first=False)


def stage_of(module: str) -> str:
    """The coarse part that a module is in: its name up to its first number, such as ``stages.2`` or ``layer1``."""
    return _up_to_number(module, first=True)


def convolution_kind(weight: Sequence[int], groups: int) -> str:
    """A convolution by the shape of its weight ``(out, in / groups, *kernel)``: ``pointwise``, or with its kernel's
    size, such as ``conv3`` and ``depthwise5``.
    """
    outputs, inputs, *kernel = weight
    if inputs == 1 and groups == outputs > 1:
        return f"depthwise{kernel[0]}"
    return "pointwise" if set(kernel) == {1} else f"conv{kernel[0]}"


def _up_to_number(name: str, *, first: bool) -> str:
    parts = name.split(".")
    numbered = [i for i, part in enumerate(parts) if re.search(r"\d$", part)]
    end = (numbered[0 if first else -1] + 1) if numbered else 1
    return ".".join(parts[:end])
