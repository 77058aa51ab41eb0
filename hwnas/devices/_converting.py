"""A device for what is made of each model it is given: made here, once, and timed there."""

import hashlib
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from hwnas.contracts.device import Timing, TimingPlan
from hwnas.contracts.errors import DeviceError, InputError
from hwnas.contracts.files import write_atomic
from hwnas.devices._cache import cache_folder, tidy
from hwnas.devices._facts import Facts
from hwnas.devices._session import Operation
from hwnas.devices._wrapped import WrappedDevice

MAX_CACHE_BYTES = 2**30  # of models kept between calls, so that a killed profile goes on at once


class ConvertingDevice(WrappedDevice):
    """`device` for what `_convert` makes of models."""

    kept_in: ClassVar[str]
    """Folder of the cache."""

    @abstractmethod
    def _how(self) -> str:
        """All that a conversion depends on beside the model."""

    @abstractmethod
    def _convert(self, source: Path, target: Path) -> None:
        """Write what is timed, whole or not at all, under the same names of inputs.

        Raises:
            InputError: it cannot be made of this model.
        """

    @abstractmethod
    def _is_converted(self, path: Path) -> bool:
        """Whether a model is such already, and timed as it is. Raises InputError where it is no model."""

    def measure(self, models: Sequence[Path], reference: Path, plan: TimingPlan) -> Iterator[Timing]:
        converted = {path: self._converted(path) for path in dict.fromkeys([*models, reference])}
        with _named_as_given(converted):
            yield from self._device.measure([converted[path] for path in models], converted[reference], plan)

    def examine(self, models: Sequence[Path]) -> Iterator[Facts]:
        converted = {path: self._converted(path) for path in models}
        with _named_as_given(converted):
            yield from super().examine([converted[path] for path in models])

    def operations(self, model: Path) -> list[Operation]:
        converted = self._converted(model)
        with _named_as_given({model: converted}):
            return super().operations(converted)

    def not_finite(self, model: Path) -> list[str]:
        converted = self._converted(model)
        with _named_as_given({model: converted}):
            return super().not_finite(converted)

    @cached_property
    def _folder(self) -> Path:
        folder = cache_folder() / self.kept_in
        tidy(folder, MAX_CACHE_BYTES)
        return folder

    def _converted(self, path: Path) -> Path:
        """What is made of a model, under the same name: inputs go by names."""
        try:
            digest = hashlib.sha256(self._how().encode() + path.read_bytes()).hexdigest()
        except OSError as error:
            raise DeviceError(f"{path} cannot be read: {error.strerror}; check the path.") from error
        stored = self._folder / digest[:24] / path.name
        beside = stored.with_suffix(".sha256")
        with suppress(OSError):
            if beside.read_text() == hashlib.sha256(stored.read_bytes()).hexdigest():
                os.utime(stored)  # recently used
                return stored
        try:
            if self._is_converted(path):
                return path
            self._convert(path, stored)
            write_atomic(beside, hashlib.sha256(stored.read_bytes()).hexdigest())
        except InputError as error:
            raise DeviceError(f"{self._device.card().device} refuses a model: {error}") from error
        return stored


@contextmanager
def _named_as_given(converted: Mapping[Path, Path]) -> Iterator[None]:
    """Errors call models as the caller does, who knows nothing of what is made of them."""
    try:
        yield
    except DeviceError as error:
        text = str(error)
        for given, copy in converted.items():
            text = text.replace(str(copy), str(given))
        raise DeviceError(text) from error
