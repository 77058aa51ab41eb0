"""Any device with ``batch=8``: models are made to take so many examples per run, and timed there as that.

A latency is then that of the whole batch. What was made is compared with the model, example by example, before it is
timed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hwnas.contracts.device import Device, DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.devices._converting import ConvertingDevice
from hwnas.devices._session import ModelRefusedError, Sessions

_APART = 1e-3  # of the largest output: batches are added up in other orders


class BatchedDevice(ConvertingDevice):
    """`device` for `batch` examples per run."""

    kept_in = "batched"

    def __init__(self, device: Device, batch: int) -> None:
        super().__init__(device)
        self._batch = batch

    def __repr__(self) -> str:
        return f"<{self._device!r} in batches of {self._batch}>"

    def card(self) -> DeviceCard:
        inner = self._device.card()
        joint = "," if any(sign in inner.device for sign in (":", ",")) else ":"
        return replace(inner, device=f"{inner.device}{joint}batch={self._batch}", batch=self._batch)

    def _how(self) -> str:
        return f"{self._batch} examples"

    def _is_converted(self, path: Path) -> bool:
        from hwnas.export.batched import batch_of, read_model

        return batch_of(read_model(path)) == self._batch

    def _convert(self, source: Path, target: Path) -> None:
        from hwnas.export.batched import write_batched

        write_batched(source, target, self._batch)
        try:
            apart = _apart(source, target)
        except ModelRefusedError as error:
            target.unlink()
            raise InputError(f"{source} cannot be run for {self._batch} examples at once ({error}).") from error
        if not apart <= _APART:
            target.unlink()
            raise InputError(f"{source} answers otherwise for {self._batch} examples at once, by {apart:.1%} of its "
                             "largest output: it mixes examples, or its batch is written into its code.")  # fmt: skip


def _apart(one: Path, several: Path) -> float:
    """How far answers for a batch are from those for each of its examples, as a share of the largest."""
    runtime = Sessions()
    feeds = runtime.example(str(several), 0)
    got, apart, largest = runtime.answer(str(several), feeds), 0.0, 0.0
    for row in sorted({0, len(got) // 2, len(got) - 1}):
        wanted = runtime.answer(str(one), {name: x[row : row + 1] for name, x in feeds.items()})
        if wanted.shape[1:] != got.shape[1:]:
            return np.inf
        apart = max(apart, float(np.abs(got[row : row + 1] - wanted).max(initial=0.0)))
        largest = max(largest, float(np.abs(wanted).max(initial=0.0)))
    return apart / largest if largest else apart
