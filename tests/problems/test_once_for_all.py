"""Once-for-All's space without its published tables: choices, and multiply-adds counted layer by layer."""

from itertools import pairwise

import numpy as np
import pytest

from hwnas.problems._once_for_all import (
    DEPTHS,
    EXPANSIONS,
    KERNELS,
    SQUEEZED,
    STRIDES,
    WIDTHS,
    Truth,
    mega_macs,
    ofa_space,
)

SPACE = ofa_space()


def by_hand(depth: int, kernel: int, expansion: int) -> float:
    """Every stage at one depth, every block at one kernel and expansion; in millions."""
    side = 112
    total = side**2 * (3 * 9 * 24) + side**2 * 24 * 9 + side**2 * 24 * 24  # stem, and the first block
    for stage, (into, out) in enumerate(pairwise(WIDTHS)):
        for block in range(depth):
            first = into if block == 0 else out
            middle, after = first * expansion, side // (STRIDES[stage] if block == 0 else 1)
            total += side**2 * first * middle  # expand
            total += after**2 * middle * kernel**2  # depthwise
            total += after**2 * middle * out  # project
            if SQUEEZED[stage]:
                total += 2 * middle * max(8, (middle // 4 + 4) // 8 * 8)
            side = after
    return (total + side**2 * 192 * 1152 + 1152 * 1536 + 1536 * 1000) / 1e6


def test_there_are_45_choices_and_blocks_beyond_the_depth_do_not_count() -> None:
    assert len(SPACE.choices) == 45
    assert f"{SPACE.count():.1e}" == "2.2e+19"
    assert [choice.options for choice in SPACE.choices[:5]] == [DEPTHS] * 5


@pytest.mark.parametrize(("depth", "kernel", "expansion"), [(2, 3, 3), (4, 7, 6), (3, 5, 4)])
def test_multiply_adds_are_those_of_the_layers(depth: int, kernel: int, expansion: int) -> None:
    values = {"depth": depth, "kernel": kernel, "expansion": expansion}
    genome = np.array([c.options.index(values[c.name.rstrip("0123456789.")]) for c in SPACE.choices])
    found = mega_macs(SPACE, SPACE.canonical(genome[None]))
    assert found == pytest.approx([by_hand(depth, kernel, expansion)], rel=1e-12)


def cost_ms(stage: int, first: bool, kernel: int, expansion: int) -> float:  # noqa: FBT001
    return 10.0 * (stage + 1) + 5.0 * first + kernel + 0.1 * expansion


def table_by_hand() -> dict[str, dict[str, float]]:
    """Every block of a network of operators, as the published tables name them, and two operators beside them."""
    table = {"Conv-input:224x224x3-output:112x112x24": {"mean": 0.5}}
    table["expanded_conv-input:112x112x24-output:112x112x24-expand:24-kernel:3-stride:1"] = {"mean": 0.25}
    for stage, (into, out) in enumerate(pairwise(WIDTHS)):
        for first in (True, False):
            width = into if first else out
            for kernel in KERNELS:
                for expansion in EXPANSIONS:
                    name = (
                        f"expanded_conv-input:8x8x{width}-output:4x4x{out}-expand:{width * expansion}-kernel:{kernel}"
                    )
                    table[f"{name}-stride:1"] = {"mean": cost_ms(stage, first, kernel, expansion)}
    return table


def test_a_latency_is_the_sum_over_the_blocks_that_a_network_has() -> None:
    truth = object.__new__(Truth)  # without the published files
    truth.space, truth.tables = SPACE, {"note10_r224": table_by_hand()}
    genomes = SPACE.sample(5, np.random.default_rng(0))
    for genome, found in zip(genomes, truth.note10_ms(genomes), strict=True):
        architecture = SPACE.decode(genome)
        expected = 0.5 + 0.25
        for stage in range(5):
            for block in range(int(architecture[f"depth{stage}"])):
                kernel, expansion = (int(architecture[f"{kind}{stage}.{block}"]) for kind in ("kernel", "expansion"))
                expected += cost_ms(stage, block == 0, kernel, expansion)
        assert found == pytest.approx(expected)
