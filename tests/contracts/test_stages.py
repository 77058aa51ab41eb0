"""Where in a network work is done, and of what kind."""

import pytest

from hwnas.contracts.stages import block_of, convolution_kind, stage_of


@pytest.mark.parametrize(
    ("module", "block", "stage"),
    [
        ("stages.2.blocks.1.conv", "stages.2.blocks.1", "stages.2"),
        ("layer1.0", "layer1.0", "layer1"),
        ("stem", "stem", "stem"),
        ("", "", ""),
    ],
)
def test_a_block_is_a_name_up_to_its_last_number_and_a_stage_up_to_its_first(
    module: str, block: str, stage: str
) -> None:
    assert (block_of(module), stage_of(module)) == (block, stage)


@pytest.mark.parametrize(
    ("weight", "groups", "kind"),
    [
        ((8, 4, 1, 1), 1, "pointwise"),
        ((8, 4, 3, 3), 1, "conv3"),
        ((8, 1, 5, 5), 8, "depthwise5"),
        ((8, 1, 3, 3), 1, "conv3"),  # of one channel, which is no depthwise one
        ((8, 4, 3), 2, "conv3"),
    ],
)
def test_a_convolution_is_named_by_its_groups_and_its_kernel(weight: tuple[int, ...], groups: int, kind: str) -> None:
    assert convolution_kind(weight, groups) == kind
