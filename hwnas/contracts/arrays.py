"""Names for the arrays that cross walls.

Letters used in every docstring: `n` architectures, `g` genes, `f` features, `m` objectives.
"""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
