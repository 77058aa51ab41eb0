"""What INT8 buys on a device."""

import torch
from torch import Tensor, nn

from hwnas.elasticity.elastic import elastic
from hwnas.pipeline.reports.int8_worth import int8_worth
from hwnas.profiling.presets import find_preset
from tests.plugged import Simulated


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
