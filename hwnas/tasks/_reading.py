"""Examples as people have them: pairs of arrays, torch data sets and loaders, named columns, anything that can be
iterated over. What is small is read into memory once; the rest is read when it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from math import inf
from typing import Any

import numpy as np

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_DATA_BYTES
from hwnas.tasks._collated import collated
from hwnas.tasks._loaded import Loaded, of_stream, read_all, settings_of
from hwnas.tasks._source import Arrays, Held, Source
from hwnas.tasks._spool import Spool

_LABELS = ("labels", "label", "targets", "target", "y")
_LOOKED_AT = 4  # examples asked for twice: whoever changes them at random gives others the second time
_AT_ONCE = 256
_SMALL = 2**30  # bytes of inputs, as float32: what is kept in memory unless the user says otherwise


def read(
    source: object, where: str, inputs: Sequence[str] | None, labels: str | None, *, in_memory: bool | None = None
) -> Source:
    """The examples of `source` in its own order.

    Args:
        source: ``(inputs, labels)``, where inputs are an array, several, or arrays by name; a torch ``Dataset`` or
            ``DataLoader`` (its order is not shuffled); anything with a length whose rows are ``(input, ..., label)``,
            ``(inputs by name, label)`` or have names, such as a Hugging Face data set; anything that gives such rows
            one after the other.
        where: what to call it in an error.
        inputs: names of the inputs to take, in the order of the network's; None: all.
        labels: name of the labels among rows with names; None: the one of ``labels, label, targets, target, y``.
        in_memory: whether all are read now and kept; None: where that takes at most 1 GiB. What is not kept and has
            no length is written to temporary files, as it is.

    Raises:
        InputError: it is none of these, holds no numbers, gives other examples each time, or is too large for memory.
    """
    pair = _pair(source)
    if pair is not None:
        given, label_array = pair
        named = given if isinstance(given, Mapping) else _named(given if isinstance(given, tuple) else (given,))
        return Held(_picked(named, where, inputs), _array(label_array, f"{where}: labels"))
    loaded, split = source, partial(_split, where=where, inputs=inputs, labels=labels)
    if not isinstance(source, Source):
        data, settings = _opened(source, where)
        loaded = Loaded(data, where, settings, split) if _is_numbered(data) else None
    if isinstance(loaded, Source):
        if not len(loaded):
            raise InputError(f"{where} gives no example; give at least one.")
        size = 4 * len(loaded) * sum(x.size for x in loaded.take(np.arange(1))[0].values())
        if in_memory is False or (in_memory is None and size > _SMALL):
            return loaded
        batches: Iterable[Arrays] = loaded.batches(
            np.arange(i, min(i + _AT_ONCE, len(loaded))) for i in range(0, len(loaded), _AT_ONCE)
        )
    else:
        whole = getattr(source, "batch_size", 1) is None
        told = f"{where} (rows are whole batches, as its loader has no batch_size)" if whole else where
        rows = _one_after_the_other(source, data, where)
        batches = (_split(batch, told, inputs, labels) for batch in rows)
    return _kept(batches, where, in_memory=in_memory)


def _kept(batches: Iterable[Arrays], where: str, *, in_memory: bool | None) -> Source:
    """All of them, in memory or in files."""
    spool, total = Spool(where, inf if in_memory else _SMALL if in_memory is None else 0), 0
    for batch in batches:
        total += sum(x.nbytes for x in batch[0].values())
        if in_memory and total > MOST_DATA_BYTES:
            raise InputError(
                f"{where} holds more than {MOST_DATA_BYTES} bytes, and is to be kept in memory; leave out "
                "`in_memory`, or give a part of it."
            )
        spool.add(batch)
    return spool.end()


def _pair(source: object) -> tuple[Any, Any] | None:
    if isinstance(source, tuple | list) and len(source) == 2 and not isinstance(source[0], str):
        return source[0], source[1]
    return None


def _opened(source: object, where: str) -> tuple[Any, dict[str, Any]]:
    """A data set, and how its owner's loader reads it."""
    from torch.utils.data import DataLoader, IterableDataset

    data: Any = source.dataset if isinstance(source, DataLoader) else source
    settings: dict[str, Any] = {}
    if not isinstance(data, IterableDataset):
        if _is_numbered(data):
            settings = settings_of(source, where) if isinstance(source, DataLoader) else {}
            _refuse_chance(data, where)
        elif isinstance(data, Mapping):
            raise InputError(
                f"{where} has {', '.join(map(str, data))} by name; give each split by itself, as in "
                "hwnas.task(data['train'], search=data['validation']), or inputs by name beside their labels: "
                "({'ids': ids}, labels)."
            )
        elif isinstance(data, str | bytes) or not isinstance(data, Iterable):
            raise InputError(
                f"{where} should be (inputs, labels), a torch Dataset or DataLoader, rows with a length, or an "
                f"iterable of rows, got {type(data).__name__}."
            )
    return data, settings


def _is_numbered(data: object) -> bool:
    from torch.utils.data import IterableDataset

    return not isinstance(data, IterableDataset | str | bytes | Mapping) and all(
        hasattr(data, name) for name in ("__getitem__", "__len__")
    )


def _one_after_the_other(source: object, data: Iterable[object], where: str) -> Iterable[Any]:
    """Batches of what has no numbers; a loader's own."""
    from torch.utils.data import DataLoader, IterableDataset

    class Stream(IterableDataset[object]):
        def __iter__(self) -> Iterator[object]:
            return iter(data)

    if isinstance(source, DataLoader):
        return _shared_out(read_all(lambda: of_stream(source), where), source.num_workers, where)
    stream = data if isinstance(data, IterableDataset) else Stream()
    return read_all(lambda: DataLoader(stream, _AT_ONCE, collate_fn=collated), where)


def _shared_out(batches: Iterator[Any], workers: int, where: str) -> Iterator[Any]:
    """The same, unless each worker gives all examples: then batches come in as many equal ones.

    Raises:
        InputError: they do, as far as the first ones tell.
    """
    first = list(islice(batches, workers * _LOOKED_AT if workers > 1 else 0))
    rounds = [first[i : i + workers] for i in range(0, len(first) - workers + 1, workers)] if first else []
    if rounds and all(_alike(batch, of_one[0]) for of_one in rounds for batch in of_one[1:]):
        raise InputError(
            f"{where} comes {workers} times, once from each worker of its loader; let each give its share (see "
            "torch.utils.data.get_worker_info), or use num_workers=0."
        )
    yield from chain(first, batches)


def _refuse_chance(data: Sequence[object], where: str) -> None:
    for i in range(min(_LOOKED_AT, len(data))):
        if not _alike(data[i], data[i]):
            raise InputError(
                f"{where} gives another example {i} each time it is asked, as random changes do; give the data without "
                "them, and the changes as `augment`, which only training uses."
            )


def _alike(one: object, other: object) -> bool:
    """Whether two rows, or batches of them, hold the same."""
    a, b = _flat(one), _flat(other)
    return len(a) == len(b) and all(map(np.array_equal, a, b))


def _flat(row: object) -> list[np.ndarray]:
    if not isinstance(row, Mapping | tuple | list):
        return [np.asarray(row)]
    return [flat for value in (row.values() if isinstance(row, Mapping) else row) for flat in _flat(value)]


def _split(batch: object, where: str, inputs: Sequence[str] | None, labels: str | None) -> Arrays:
    if isinstance(batch, Mapping):
        there = [name for name in ((labels,) if labels else _LABELS) if name in batch]
        if len(there) != 1:
            raise InputError(
                f"{where} has {', '.join(map(str, batch))}; which of them are the labels? Say it as `labels`."
            )
        given: Mapping[str, Any] = {name: values for name, values in batch.items() if name != there[0]}
        label_array = batch[there[0]]
    elif isinstance(batch, tuple | list) and len(batch) > 1:
        first, label_array = batch[0], batch[-1]
        if len(batch) == 2 and isinstance(first, Mapping):
            given = first
        else:
            given = _named(tuple(first) if len(batch) == 2 and isinstance(first, tuple | list) else tuple(batch[:-1]))
    else:
        raise InputError(f"{where} gives rows of {type(batch).__name__}; give (input, label), or rows with names.")
    return _picked(given, where, inputs), _array(label_array, f"{where}: labels")


def _named(values: tuple[Any, ...]) -> dict[str, Any]:
    return {"input": values[0]} if len(values) == 1 else {f"input{i}": x for i, x in enumerate(values)}


def _array(values: object, where: str, otherwise: str = "") -> np.ndarray:
    if np.ma.is_masked(values):
        raise InputError(
            f"{where} is an array with a mask, and what it masks has no value; fill it in, or leave it out."
        )
    if hasattr(values, "detach"):  # a tensor, wherever it lies
        tensor: Any = values.detach().cpu()
        values = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor  # which numpy does not know
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:  # tensors that are sparse, say
        raise InputError(f"{where} should be numbers of the same shape in every example; pad or crop them.") from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{where} should be numbers, got {array.dtype}; turn them into numbers{otherwise}.")
    if array.ndim < 1:
        raise InputError(f"{where} should be an array with one entry for each example, got {quoted(array.item())}.")
    return array


def _picked(given: Mapping[str, Any], where: str, inputs: Sequence[str] | None) -> dict[str, np.ndarray]:
    """Arrays of the inputs that are wanted; the others may be anything, such as texts."""
    values = {str(name): of_one for name, of_one in given.items()}
    missing = [name for name in inputs or () if name not in values]
    if missing:
        raise InputError(f"{where} has no input {quoted(missing[0])}; there are {', '.join(values)}.")
    wanted = values if inputs is None else inputs
    otherwise = ", or say as `inputs` which the network takes" if inputs is None else ""
    return {name: _array(values[name], f"{where}: input {quoted(name)}", otherwise) for name in wanted}
