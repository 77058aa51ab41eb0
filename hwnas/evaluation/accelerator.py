"""Where PyTorch computes: the processor, or an accelerator that is there."""

import re

import torch

from hwnas.contracts.errors import InputError, quoted

CPU = "cpu"


def accelerator(on: str) -> torch.device:
    """The device that is called ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        InputError: it is called otherwise, or is not there.
    """
    asked = re.fullmatch(r"(cpu|cuda|mps)(?::(\d{1,3}))?", on) if isinstance(on, str) else None
    if asked is None or (asked[2] and asked[1] != "cuda"):
        raise InputError(f"To compute on, there are cpu, cuda, cuda:1 and mps, got {quoted(on)}; use one of them.")
    count = _count(asked[1])
    if int(asked[2] or 0) >= count:
        there = f"there are {count} of {asked[1]}" if count else f"PyTorch finds no {asked[1]} device here"
        raise InputError(f"{on} is not there: {there}; use --on cpu, or install a PyTorch for this accelerator.")
    return torch.device(on)


def _count(kind: str) -> int:
    if kind == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return 1
