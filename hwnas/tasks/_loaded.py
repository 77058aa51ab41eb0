"""A torch data set whose examples are read when they are wanted, as its owner's loader reads them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.quiet import quiet
from hwnas.tasks._collated import collated
from hwnas.tasks._source import Arrays, Source

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

_OF_LOADER = (
    "collate_fn", "num_workers", "pin_memory", "timeout", "worker_init_fn", "multiprocessing_context",
    "prefetch_factor", "pin_memory_device",
)  # fmt: skip


class Loaded(Source):
    """A map-style data set.

    Args:
        data: anything with a length whose rows are numbered.
        where: what to call it in an error.
        settings: of its loader, see `settings_of`.
        split: makes inputs by name and labels of a batch.
    """

    def __init__(
        self,
        data: Any,  # noqa: ANN401
        where: str,
        settings: dict[str, Any],
        split: Callable[[object], Arrays],
    ) -> None:
        self._data, self._where, self._settings, self._split = data, where, settings, split
        classes = getattr(data, "classes", None)  # as data sets of torchvision say it
        self.classes = len(classes) if isinstance(classes, Sequence) and not isinstance(classes, str) else None

    def __len__(self) -> int:
        return len(self._data)

    def take(self, rows: IntArray) -> Arrays:
        """See `Source.take`; here, without workers."""
        return next(self._batches([rows], {"collate_fn": self._settings.get("collate_fn", collated)}))

    def batches(self, rows: Iterable[IntArray]) -> Iterator[Arrays]:
        """See `Source.batches`; workers read ahead."""
        return self._batches(rows, {"collate_fn": collated, **self._settings})

    def kinds(self) -> IntArray | None:
        """See `Source.kinds`; as `targets`, where the data set has them."""
        try:
            targets = np.asarray(getattr(self._data, "targets", None))
        except ValueError:  # of different shapes
            return None
        return targets.astype(np.int64) if targets.shape == (len(self),) and targets.dtype.kind in "iu" else None

    def _batches(self, rows: Iterable[IntArray], settings: dict[str, Any]) -> Iterator[Arrays]:
        from torch.utils.data import DataLoader

        with_numbers = [of_one.tolist() for of_one in rows]
        for batch in read_all(lambda: DataLoader(self._data, batch_sampler=with_numbers, **settings), self._where):
            yield self._split(batch)


def settings_of(loader: DataLoader[Any], where: str) -> dict[str, Any]:
    """What a loader of the same kind needs to be told; its order is ours.

    Raises:
        InputError: it gives some examples only, or some more often than others, so more than its order is meant.
    """
    from torch.utils.data import BatchSampler, RandomSampler, SequentialSampler

    if loader.batch_sampler is None:
        raise InputError(
            f"{where} is a loader without batch_size, which may give an example or a batch of them at once; give the "
            "data set whose rows are single examples, or a loader with a batch_size."
        )
    batches = loader.batch_sampler
    sampler = batches.sampler if type(batches) is BatchSampler else batches
    plain = type(sampler) is SequentialSampler or (type(sampler) is RandomSampler and not sampler.replacement)
    if not plain or len(sampler) != len(loader.dataset):  # type: ignore[arg-type]
        raise InputError(
            f"{where} is drawn by a {type(sampler).__name__}, and here every example is taken once; give the data set, "
            "or some of it as torch.utils.data.Subset(data, numbers)."
        )
    return _settings(loader)


def of_stream(loader: DataLoader[Any]) -> DataLoader[Any]:
    """The loader of a data set that comes without numbers, with its last examples, few as they may be (`drop_last`).

    One of another class, or of batches that the data set makes itself, is left as it is.
    """
    from torch.utils.data import DataLoader

    if type(loader) is not DataLoader or loader.batch_size is None:
        return loader
    return DataLoader(loader.dataset, loader.batch_size, **{"collate_fn": collated, **_settings(loader)})


def _settings(loader: DataLoader[Any]) -> dict[str, Any]:
    """How it reads; what is PyTorch's own way of making batches is left out."""
    from torch.utils.data import default_collate

    settings = {name: getattr(loader, name, None) for name in _OF_LOADER}
    return {name: value for name, value in settings.items() if value not in (None, "", False, 0, default_collate)}


def read_all(make: Callable[[], Iterable[Any]], where: str) -> Iterator[Any]:
    """All batches of a loader.

    Raises:
        InputError: its workers cannot be started, or an example cannot be read.
    """
    try:
        with quiet():  # PyTorch warns of workers that cannot be started, and then raises
            batches = iter(make())
        yield from batches
    except InputError:
        raise
    except Exception as error:  # whatever a data set of the user's raises
        words = str(error).strip()
        if "Original Traceback" in words:  # a worker's: its own words are the last line
            words = words.splitlines()[-1].removeprefix(f"{type(error).__name__}: ")
        said = f"({type(error).__name__}: {quoted(words)})"
        if isinstance(error, pickle.PicklingError) or "pickle" in str(error).lower():
            raise InputError(
                f"{where} cannot be read by worker processes {said}; define the data set and its functions at the top "
                "of a file, without lambdas, or use num_workers=0."
            ) from error
        raise InputError(
            f"{where} cannot be read {said}; every example should be numbers of the same shape: pad or crop them, "
            "turn pictures into arrays, and leave out columns of text."
        ) from error
