"""`nn.MultiheadAttention` in words of ONNX."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._table import Unsupported
from hwnas.export.writer import listed
from tests.export.by_table import written_by_table

SEQUENCE = [InputSpec("x", (7, 8))]
MASKS = {
    "none": None,
    "causal": nn.Transformer.generate_square_subsequent_mask(7),
    "truths": torch.eye(7).roll(1, 0) > 0,
}


class Attends(nn.Module):
    """To itself or to others, as one layer or as a stack of PyTorch's own."""

    def __init__(self, kind: str, mask: str, *, batch_first: bool, padded: bool) -> None:
        super().__init__()
        self.kind, self.batch_first, self.padded = kind, batch_first, padded
        self.register_buffer("mask", MASKS[mask])
        self.keys, self.values, self.last = nn.Linear(8, 6), nn.Linear(8, 5), nn.Linear(8, 3)
        if kind == "self":
            self.layer: nn.Module = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        elif kind == "other":
            self.layer = nn.MultiheadAttention(8, 2, kdim=6, vdim=5, bias=False, batch_first=batch_first)
        else:
            layer = nn.TransformerEncoderLayer(8, 2, 16, norm_first=kind == "norm first", batch_first=batch_first)
            self.layer = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.batch_first else x.transpose(0, 1)
        mask, padding = self.mask, x[..., 0] > 1.5 if self.padded else None
        if self.kind == "self":
            y, shares = self.layer(y, y, y, attn_mask=mask, key_padding_mask=padding)
            return self.last(y.mean(1 if self.batch_first else 0)) + shares[:, :3, 0]  # type: ignore[no-any-return]
        if self.kind == "other":
            others = self.keys(y), self.values(y)
            y, _ = self.layer(y, *others, attn_mask=mask, key_padding_mask=padding, need_weights=False)
        else:
            y = self.layer(y, mask=mask, src_key_padding_mask=padding)
        return self.last(y.mean(1 if self.batch_first else 0))  # type: ignore[no-any-return]


@settings(max_examples=30)
@given(
    kind=st.sampled_from(["self", "other", "stack", "norm first"]),
    mask=st.sampled_from(sorted(MASKS)),
    batch_first=st.booleans(),
    padded=st.booleans(),
)
def test_attention_of_all_kinds_is_written_by_the_table_and_answers_alike(
    kind: str, mask: str, *, batch_first: bool, padded: bool
) -> None:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of masks of two types, which PyTorch takes all the same
        written_by_table(Attends(kind, mask, batch_first=batch_first, padded=padded), SEQUENCE)


def test_keys_of_its_own_are_left_to_the_stock_exporter() -> None:
    class More(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.MultiheadAttention(8, 2, add_bias_kv=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x, x, x)[0]  # type: ignore[no-any-return]

    with pytest.raises(Unsupported, match="keys of its own"):
        listed(More().eval(), SEQUENCE, dynamic_batch=False, batch=1)
