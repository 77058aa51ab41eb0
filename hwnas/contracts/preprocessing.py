"""How raw values become network input."""

import math
from dataclasses import dataclass

import numpy as np

from hwnas.contracts.errors import InputError


@dataclass(frozen=True)
class Preprocessing:
    """How raw values become network input: ``(raw * scale - mean) / std``, as float32.

    Args:
        scale: of all values.
        mean: of the scaled values; one number, or one per channel, the first axis of an example.
        std: their standard deviation, likewise.

    Raises:
        InputError: a figure that is not finite, or a deviation that is not positive.
    """

    scale: float
    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]

    def __post_init__(self) -> None:
        try:
            for name in ("scale", "mean", "std"):
                object.__setattr__(self, name, _numbers(getattr(self, name)))
        except (TypeError, ValueError):
            raise InputError(f"Preprocessing takes numbers, or one per channel, got {self}.") from None
        per_channel = {len(figures) for figures in (self.mean, self.std) if isinstance(figures, tuple)}
        if isinstance(self.scale, tuple) or len(per_channel) > 1 or 0 in per_channel:
            raise InputError(f"Preprocessing takes one scale, and as many means as deviations, got {self}.")
        figures = [*np.ravel(self.scale), *np.ravel(self.mean), *np.ravel(self.std)]
        if not all(map(math.isfinite, figures)) or min(np.ravel(self.std)) <= 0:
            raise InputError(f"Preprocessing takes finite numbers and deviations above 0, got {self}.")

    @property
    def channels(self) -> int | None:
        """How many channels the figures are for; None: any number."""
        return next((len(figures) for figures in (self.mean, self.std) if isinstance(figures, tuple)), None)

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Raw examples ``(n, channels, ...)`` as float32 network input of the same shape."""
        mean, std = (self._beside(figures, raw.ndim) for figures in (self.mean, self.std))
        prepared: np.ndarray = (raw.astype(np.float32) * np.float32(self.scale) - mean) / std
        return prepared

    @staticmethod
    def _beside(figures: float | tuple[float, ...], ndim: int) -> np.ndarray | np.float32:
        if not isinstance(figures, tuple):
            return np.float32(figures)
        return np.array(figures, np.float32).reshape(-1, *[1] * (ndim - 2))


def _numbers(figures: object) -> float | tuple[float, ...]:
    """Of Python, NumPy or torch; a word is no number, even where Python would read it as one.

    Raises:
        TypeError, ValueError: they are something else.
    """
    array = np.asarray(figures)
    if array.dtype.kind not in "iuf" or array.ndim > 1:
        raise TypeError
    return float(array) if array.ndim == 0 else tuple(array.astype(float).tolist())
