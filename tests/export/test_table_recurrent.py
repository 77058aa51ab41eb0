"""Recurrent layers in words of ONNX."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._table import Unsupported
from hwnas.export.writer import listed
from tests.export.by_table import written_by_table

SEQUENCE = [InputSpec("x", (7, 5))]


class Reads(nn.Module):
    """What comes last of a sequence, and the states at its end."""

    def __init__(self, layer: nn.RNNBase, begin: str) -> None:
        super().__init__()
        self.layer, self.begin = layer, begin
        self.states, self.wide = layer.num_layers * (1 + layer.bidirectional), 6 * (1 + layer.bidirectional)
        self.first, self.last = nn.Linear(5, 6), nn.Linear(self.wide + 6 * (1 + self.is_lstm), 3)

    @property
    def is_lstm(self) -> bool:
        return isinstance(self.layer, nn.LSTM)

    def forward(self, x: Tensor) -> Tensor:
        zeros = torch.zeros(self.states, len(x), 6)
        own = self.first(x[:, 0]).unsqueeze(0).expand(self.states, -1, -1)
        begin = {"nothing": None, "zeros": zeros, "own": own}[self.begin]
        if self.is_lstm and begin is not None:
            begin = (begin, zeros)
        every, end = self.layer(x if self.layer.batch_first else x.transpose(0, 1), begin)
        last = every[:, -1] if self.layer.batch_first else every[-1]
        return self.last(torch.cat([last, *(state[-1] for state in (end if self.is_lstm else [end]))], 1))  # type: ignore[no-any-return]


@settings(max_examples=40)
@given(
    kind=st.sampled_from([nn.LSTM, nn.GRU, nn.RNN]),
    layers=st.sampled_from([1, 2]),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    bias=st.booleans(),
    begin=st.sampled_from(["nothing", "zeros", "own"]),
)
def test_recurrent_layers_of_all_kinds_are_written_by_the_table_and_answer_alike(
    kind: type[nn.RNNBase], layers: int, begin: str, *, bidirectional: bool, batch_first: bool, bias: bool
) -> None:
    torch.manual_seed(0)
    layer = kind(5, 6, layers, bidirectional=bidirectional, batch_first=batch_first, bias=bias)
    operators = written_by_table(Reads(layer, begin), SEQUENCE, batches=(1, 4))
    assert operators.count(kind.__name__) == layers


def test_a_plain_layer_with_relu_is_written_with_it() -> None:
    written_by_table(Reads(nn.RNN(5, 6, nonlinearity="relu", bidirectional=True), "nothing"), SEQUENCE)


def test_projections_are_left_to_the_stock_exporter() -> None:
    class Projected(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.LSTM(5, 6, proj_size=2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x)[0]  # type: ignore[no-any-return]

    with pytest.raises(Unsupported, match="with projections"):
        listed(Projected().eval(), SEQUENCE, dynamic_batch=False, batch=1)
