"""The small `mobilenetv3` for 28x28 grey images in ten classes: the one whose supernet ships with hwnas.

Same choices, other sizes: the stem halves the resolution to 14x14, where the first stage runs; two run at 7x7 and two
at 4x4, and no block has squeeze-and-excitation. It was sized so that a supernet trains on one processor core in less
than four hours.
"""

from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces.mobilenetv3 import mobilenetv3


def mobilenetv3_grey28() -> SearchSpace:
    """The space."""
    return mobilenetv3(
        input_shape=(1, 28, 28),
        classes=10,
        stem_width=16,
        first_block=False,
        stage_widths=(16, 24, 24, 40, 64),
        stage_strides=(1, 2, 1, 2, 1),
        stage_activations=("hardswish",) * 5,
        squeeze_excite=(False,) * 5,
        final_width=128,
        feature_width=128,
    )
