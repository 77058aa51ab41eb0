"""Any device with ``precision=int8``: models are quantised here, once, and timed there as the integers they become.

What a model takes does not depend on its values, so ranges are found on a few made-up inputs, the ones that are timed
too: those of `_session.example_feeds`. What is handed out as INT8 is calibrated on images: `hwnas export --bundle`.
A model that is quantised already is timed as it is.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from hwnas.contracts.device import DeviceCard
from hwnas.contracts.errors import InputError
from hwnas.devices._converting import ConvertingDevice
from hwnas.devices._session import ModelRefusedError, Sessions

CALIBRATION_EXAMPLES = 4


class Int8Device(ConvertingDevice):
    """`device` for the INT8 version of whatever it is given."""

    kept_in = "int8"

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

    @cached_property
    def _method(self) -> str:
        import onnxruntime

        from hwnas.export.quantised import METHOD

        return f"{METHOD}, onnxruntime {onnxruntime.__version__}"

    def _how(self) -> str:
        return f"{CALIBRATION_EXAMPLES} {self._method}"

    def _is_converted(self, path: Path) -> bool:
        from hwnas.export.quantised import is_quantised

        return is_quantised(path)

    def _convert(self, source: Path, target: Path) -> None:
        from hwnas.export.quantised import quantise

        quantise(source, target, _made_up(source))


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
