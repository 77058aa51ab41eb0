"""Any device with ``precision=int8``: models are quantised here, once, and timed there as the integers they become.

What a model takes does not depend on its values, so ranges are found on a few made-up inputs, the ones that are timed
too: those of `_session.example_feeds`. What is handed out as INT8 is calibrated on images: `hwnas export --bundle`.
A model that is quantised already is timed as it is.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from hwnas.contracts.device import DeviceCard, Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.files import write_atomic
from hwnas.devices._cache import cache_folder, tidy
from hwnas.devices._facts import Facts
from hwnas.devices._session import ModelRefusedError, Operation, Sessions
from hwnas.devices._wrapped import WrappedDevice

CALIBRATION_EXAMPLES = 4
MAX_CACHE_BYTES = 2**30  # of quantised models kept between calls, so that a killed profile goes on at once


class Int8Device(WrappedDevice):
    """`device` for the INT8 version of whatever it is given."""

    def __repr__(self) -> str:
        return f"<{self._device!r} in int8>"

    def card(self) -> DeviceCard:
        inner = self._device.card()
        joint = "," if any(sign in inner.device for sign in (":", ",")) else ":"
        return replace(
            inner,
            device=f"{inner.device}{joint}precision=int8",
            precision="int8",
            settings={
                **inner.settings,
                "quantisation": self._method,
                "calibration": f"{CALIBRATION_EXAMPLES} made-up inputs",
            },
        )

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        quantised = {path: self._quantised(path) for path in dict.fromkeys([*models, reference])}
        with _named_as_given(quantised):
            yield from self._device.measure([quantised[path] for path in models], quantised[reference], plan)

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        quantised = {path: self._quantised(path) for path in models}
        with _named_as_given(quantised):
            yield from super().examine([quantised[path] for path in models])

    def operations(self, model: Path) -> list[Operation]:
        quantised = self._quantised(model)
        with _named_as_given({model: quantised}):
            return super().operations(quantised)

    def not_finite(self, model: Path) -> list[str]:
        quantised = self._quantised(model)
        with _named_as_given({model: quantised}):
            return super().not_finite(quantised)

    @cached_property
    def _method(self) -> str:
        import onnxruntime

        from hwnas.export.quantised import METHOD

        return f"{METHOD}, onnxruntime {onnxruntime.__version__}"

    @cached_property
    def _folder(self) -> Path:
        folder = cache_folder() / "int8"
        tidy(folder, MAX_CACHE_BYTES)
        return folder

    def _quantised(self, path: Path) -> Path:
        """The INT8 version of a model, under the same name: inputs go by names."""
        from hwnas.export.quantised import is_quantised, quantise

        try:
            digest = hashlib.sha256(f"{CALIBRATION_EXAMPLES} {self._method}".encode() + path.read_bytes()).hexdigest()
        except OSError as error:
            raise DeviceError(f"{path} cannot be read: {error.strerror}; check the path.") from error
        stored = self._folder / digest[:24] / path.name
        beside = stored.with_suffix(".sha256")
        with suppress(OSError):
            if beside.read_text() == hashlib.sha256(stored.read_bytes()).hexdigest():
                os.utime(stored)  # recently used
                return stored
        try:
            if is_quantised(path):
                return path
            quantise(path, stored, _made_up(path))
            write_atomic(beside, hashlib.sha256(stored.read_bytes()).hexdigest())
        except InputError as error:
            raise DeviceError(f"{self._device.card().device} refuses a model: {error}") from error
        return stored


@contextmanager
def _named_as_given(quantised: Mapping[Path, Path]) -> Iterator[None]:
    """Errors call models as the caller does, who knows nothing of their INT8 versions."""
    try:
        yield
    except DeviceError as error:
        text = str(error)
        for given, copy in quantised.items():
            text = text.replace(str(copy), str(given))
        raise DeviceError(text) from error


def _made_up(path: Path) -> list[np.ndarray]:
    """Calibration examples, one array per input.

    Raises:
        InputError: the model cannot be loaded.
    """
    try:
        feeds = [Sessions().example(str(path), seed) for seed in range(CALIBRATION_EXAMPLES)]
    except ModelRefusedError as error:
        raise InputError(f"{error}; export it again.") from error
    return [np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]]
