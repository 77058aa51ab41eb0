"""One target per file: anything that times ONNX models and says who it is.

`open_device("cpu:threads=1")` makes one from its device string, `open_stored` from one that a file names.
"""

from hwnas.devices._stored import is_plain, open_stored
from hwnas.devices._strings import open_device

__all__ = ["is_plain", "open_device", "open_stored"]
