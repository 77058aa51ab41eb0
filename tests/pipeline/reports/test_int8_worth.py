"""What INT8 buys on a device."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from hwnas.elasticity.elastic import elastic
from hwnas.pipeline.reports.int8_worth import int8_worth, may_be_cut
from hwnas.profiling.presets import find_preset
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


class Named(nn.Module):
    """Gives its answer among others, as models of Hugging Face do."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        logits = self.last(self.first(x).relu())
        return {"logits": logits, "twice": 2 * logits}


def test_a_network_whose_answer_has_a_name_is_timed_as_it_is_written() -> None:
    space = elastic(Named().eval(), torch.randn(2, 8)).with_bits("layer").space
    worth = int8_worth(space, Simulated(noise=0.0), find_preset("rapid"), 0, lambda *_: None)
    assert [(kind.kind, kind.layers) for kind in worth.kinds] == [("linear", 2)]
    assert worth.kinds[0].times != 1
