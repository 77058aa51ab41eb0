"""One target per file: anything that times ONNX models and says who it is.

`open_device("cpu:threads=1")` makes one from its device string.
"""

from hwnas.devices._strings import open_device

__all__ = ["open_device"]
