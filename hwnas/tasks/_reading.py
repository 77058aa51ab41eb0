"""Examples as people have them, read into arrays once: pairs of arrays, torch data sets and loaders, named columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_DATA_BYTES

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

_LABELS = ("labels", "label", "targets", "target", "y")
_LOOKED_AT = 4  # examples asked for twice: whoever changes them at random gives others the second time
_AT_ONCE = 256

Arrays = tuple[dict[str, np.ndarray], np.ndarray]
"""Inputs by name, each ``(n, ...)``, and labels ``(n, ...)``."""


def read(source: object, where: str, inputs: Sequence[str] | None, labels: str | None) -> Arrays:
    """All examples of `source` in its own order.

    Args:
        source: ``(inputs, labels)``, where inputs are an array, several, or arrays by name; a torch ``Dataset`` or
            ``DataLoader`` (its order is not shuffled); anything with a length whose rows are ``(input, ..., label)`` or
            have names, such as a Hugging Face data set.
        where: what to call it in an error.
        inputs: names of the inputs to take, in the order of the network's; None: all.
        labels: name of the labels among rows with names; None: the one of ``labels, label, targets, target, y``.

    Raises:
        InputError: it is none of these, holds no numbers, gives other examples each time, or is too large for memory.
    """
    pair = _pair(source)
    if pair is not None:
        given, found = pair
        named = dict(given) if isinstance(given, Mapping) else _named(given if isinstance(given, tuple) else (given,))
        arrays = {str(name): _array(values, f"{where}: input {quoted(str(name))}") for name, values in named.items()}
        return _picked(arrays, where, inputs), _array(found, f"{where}: labels")
    loader = _loader(source, where)
    parts: list[tuple[dict[str, Any], Any]] = []
    total = 0
    for batch in _batches(loader, where):
        part = _split(batch, where, labels)
        parts.append(part)
        total += sum(x.nbytes for x in part[0].values())
        if total > MOST_DATA_BYTES:
            raise InputError(
                f"{where} holds more than {MOST_DATA_BYTES} bytes, and examples are kept in memory here; give a part "
                "of it, such as a torch.utils.data.Subset."
            )
    if not parts:
        raise InputError(f"{where} gives no example; give at least one.")
    if len({frozenset(part) for part, _ in parts}) > 1:
        raise InputError(f"{where} gives rows of different names; give every row the same ones.")
    joined = {name: _joined([part[name] for part, _ in parts], where) for name in parts[0][0]}
    return _picked(joined, where, inputs), _joined([found for _, found in parts], where)


def _pair(source: object) -> tuple[Any, Any] | None:
    if isinstance(source, tuple | list) and len(source) == 2 and not isinstance(source[0], str):
        return source[0], source[1]
    return None


def _loader(source: object, where: str) -> DataLoader[Any]:
    from torch.utils.data import DataLoader, IterableDataset

    made: dict[str, Any] = {}
    data: Any
    if isinstance(source, DataLoader):
        data, made = source.dataset, {"collate_fn": source.collate_fn, "num_workers": source.num_workers}
    elif isinstance(source, IterableDataset) or (hasattr(source, "__getitem__") and hasattr(source, "__len__")):
        data = source
    else:
        raise InputError(
            f"{where} should be (inputs, labels), a torch Dataset or DataLoader, or rows with a length, got "
            f"{type(source).__name__}."
        )
    if not isinstance(data, IterableDataset):
        _refuse_chance(data, where)
    return DataLoader(data, batch_size=_AT_ONCE, shuffle=False, **made)


def _refuse_chance(data: Sequence[object], where: str) -> None:
    for i in range(min(_LOOKED_AT, len(data))):
        one, again = (_flat(data[i]) for _ in range(2))
        if len(one) != len(again) or not all(np.array_equal(a, b) for a, b in zip(one, again, strict=True)):
            raise InputError(
                f"{where} gives another example {i} each time it is asked, as random changes do; give the data without "
                "them, and the changes as `augment`, which only training uses."
            )


def _flat(row: object) -> list[np.ndarray]:
    values = row.values() if isinstance(row, Mapping) else row if isinstance(row, tuple | list) else (row,)
    return [np.asarray(value) for value in values]


def _batches(loader: DataLoader[Any], where: str) -> Iterable[Any]:
    try:
        yield from loader
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{where} cannot be read ({type(error).__name__}: {quoted(str(error))}); every example should be numbers "
            "of the same shape: pad or crop them, and leave out columns of text."
        ) from error


def _split(batch: object, where: str, labels: str | None) -> tuple[dict[str, np.ndarray], np.ndarray]:
    if isinstance(batch, Mapping):
        there = [name for name in ((labels,) if labels else _LABELS) if name in batch]
        if len(there) != 1:
            raise InputError(
                f"{where} has {', '.join(map(str, batch))}; which of them are the labels? Say it as `labels`."
            )
        given: dict[str, Any] = {str(name): values for name, values in batch.items() if name != there[0]}
        found = batch[there[0]]
    elif isinstance(batch, tuple | list) and len(batch) > 1:
        given, found = _named(tuple(batch[:-1])), batch[-1]
    else:
        raise InputError(f"{where} gives rows of {type(batch).__name__}; give (input, label), or rows with names.")
    arrays = {name: _array(values, f"{where}: input {quoted(name)}") for name, values in given.items()}
    return arrays, _array(found, f"{where}: labels")


def _named(values: tuple[Any, ...]) -> dict[str, Any]:
    return {"input": values[0]} if len(values) == 1 else {f"input{i}": x for i, x in enumerate(values)}


def _array(values: object, where: str) -> np.ndarray:
    if hasattr(values, "detach"):  # a tensor, wherever it lies
        values = values.detach().cpu()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{where} should be numbers of the same shape in every example; pad or crop them.") from error
    if array.dtype.kind not in "biuf" or array.ndim < 1:
        raise InputError(f"{where} should be numbers, got {array.dtype}; leave it out, or turn it into numbers.")
    return array


def _joined(parts: Sequence[np.ndarray], where: str) -> np.ndarray:
    if len({(part.shape[1:], part.dtype.kind) for part in parts}) > 1:
        raise InputError(f"{where} gives examples of different shapes or types; pad or crop them to one.")
    return np.concatenate(parts)


def _picked(arrays: dict[str, np.ndarray], where: str, inputs: Sequence[str] | None) -> dict[str, np.ndarray]:
    missing = [name for name in inputs or () if name not in arrays]
    if missing:
        raise InputError(f"{where} has no input {quoted(missing[0])}; there are {', '.join(arrays)}.")
    return arrays if inputs is None else {name: arrays[name] for name in inputs}
