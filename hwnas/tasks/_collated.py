"""Rows as one batch: as PyTorch does it, but for lists of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

import numpy as np


def collated(rows: list[object]) -> Any:  # noqa: ANN401  as the rows are
    """One batch of rows.

    A list of numbers in a row, as data sets of Hugging Face give their columns, is one array. PyTorch takes it for as
    many values of their own and so turns examples and places round: ``(places, n)`` in place of ``(n, places)``.
    """
    from torch.utils.data import default_collate

    return default_collate([_with_arrays(row) for row in rows])


def _with_arrays(row: object) -> object:
    if isinstance(row, Mapping):
        return {name: _array(value) for name, value in row.items()}
    return tuple(map(_array, row)) if isinstance(row, tuple | list) else row


def _array(value: object) -> object:
    if isinstance(value, list) and isinstance(_first(value), Number | np.generic):
        return np.asarray(value)
    return _with_arrays(value)


def _first(value: object) -> object:
    """What a list begins with, however deep."""
    while isinstance(value, list) and value:
        value = value[0]
    return value
