"""What INT8 buys on a device."""

from dataclasses import replace

import pytest

from hwnas.pipeline.reports.int8_worth import may_be_cut
from tests.plugged import Simulated


@pytest.mark.parametrize(
    ("instructions", "cut"),
    [
        ("avx2 fma", True),
        ("avx2 avx512f fma", True),
        ("avx2 avx512_vnni avx512f fma", False),
        ("avx2 avx_vnni fma", False),
        ("asimd", False),
        ("unknown", False),
    ],
)
def test_a_device_that_cuts_sums_of_products_of_bytes_is_told(instructions: str, cut: bool) -> None:  # noqa: FBT001
    card = replace(Simulated().card(), settings={"instructions": instructions})
    told = may_be_cut(card)
    assert (told is not None) == cut
    assert told is None or "cut there at 16 bits" in told
