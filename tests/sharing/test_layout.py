from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.sharing._layout import MismatchError, runs, total, union, words
from hwnas.supernet import Supernet

SEQUENCE = [InputSpec("x", (5, 6))]
IMAGES = [InputSpec("x", (3, 8, 8))]


def numbered(supernet: Supernet) -> None:
    """Every entry of the first dimension of every tensor says its own index."""
    with torch.no_grad():
        for tensor in (t for t in supernet.shared.values() if t.ndim):
            index = torch.arange(tensor.shape[0], dtype=torch.float32)
            tensor.copy_(index.reshape(-1, *[1] * (tensor.ndim - 1)).expand_as(tensor))


def rows(supernet: Supernet, name: str, **values: int) -> list[int]:
    """Which rows of the shared tensor a sub-network's have become."""
    numbered(supernet)
    tensor = supernet.extract(supernet.space.architecture(values)).state_dict()[name]
    return [int(row) for row in tensor.flatten(1)[:, 0]] if tensor.ndim > 1 else [int(row) for row in tensor]


def columns(supernet: Supernet, name: str, **values: int) -> list[int]:
    with torch.no_grad():
        shared = supernet.shared[name]
        shared.copy_(torch.arange(shared.shape[1]).reshape(1, -1, *[1] * (shared.ndim - 2)).expand_as(shared))
    tensor = supernet.extract(supernet.space.architecture(values)).state_dict()[name]
    return [int(column) for column in tensor[0].flatten(1)[:, 0]] if tensor.ndim > 2 else tensor[0].int().tolist()


class Recurrent(nn.Module):
    def __init__(self, kind: str, hidden: int) -> None:
        super().__init__()
        self.r = getattr(nn, kind)(6, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.r(x)[0][:, -1])
        return out


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_gates_of_a_recurrent_layer_are_cut_gate_by_gate(kind: str, gates: int) -> None:
    choices = [Choice("hidden", (2, 4))]
    supernet = Supernet.from_builder(lambda a: Recurrent(kind, int(a["hidden"])), choices, SEQUENCE)
    expected = [4 * gate + i for gate in range(gates) for i in (0, 1)]
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"):
        assert rows(supernet, f"r.{name}", hidden=2) == expected
    assert columns(supernet, "head.weight", hidden=2) == [0, 1, 4, 5]


class Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(6, width)
        self.m = nn.MultiheadAttention(width, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        out: Tensor = self.m(x, x, x)[0]
        return out


def test_q_k_and_v_of_pytorchs_attention_are_cut_apart_and_head_by_head() -> None:
    supernet = Supernet.from_builder(lambda a: Attention(int(a["width"])), [Choice("width", (4, 8))], SEQUENCE)
    per_head = [0, 1, 4, 5]
    assert rows(supernet, "m.in_proj_weight", width=4) == [8 * i + row for i in range(3) for row in per_head]
    assert rows(supernet, "m.in_proj_bias", width=4) == [8 * i + row for i in range(3) for row in per_head]
    assert columns(supernet, "m.out_proj.weight", width=4) == per_head


class Fused(nn.Module):
    """Attention of one's own with q, k and v in one layer, cut by `divide`."""

    def __init__(self, heads: int, size: int, divide: Callable[[Tensor, int, int], tuple[Tensor, ...]]) -> None:
        super().__init__()
        self.heads, self.size, self.divide = heads, size, divide
        self.qkv = nn.Linear(6, 3 * heads * size)
        self.out = nn.Linear(heads * size, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.divide(self.qkv(x), self.heads, self.size)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        out: Tensor = self.out(seen)
        return out


def by_chunk(x: Tensor, heads: int, size: int) -> tuple[Tensor, ...]:
    return tuple(part.unflatten(-1, (heads, size)).transpose(1, 2) for part in x.chunk(3, -1))


def by_view(x: Tensor, heads: int, size: int) -> tuple[Tensor, ...]:
    return tuple(x.view(*x.shape[:2], 3, heads, size).permute(2, 0, 3, 1, 4).unbind(0))


def inner_last(x: Tensor, heads: int, size: int) -> tuple[Tensor, ...]:
    return tuple(x.view(*x.shape[:2], heads, 3, size).permute(3, 0, 2, 1, 4).unbind(0))


@pytest.mark.parametrize("divide", [by_chunk, by_view])
@pytest.mark.parametrize(("heads", "size"), [(1, 4), (2, 2), (1, 2), (2, 4), (2, 1), (1, 1)])
def test_fused_attention_of_ones_own_keeps_the_first_of_each_of_the_first_heads(
    divide: Callable[[Tensor, int, int], tuple[Tensor, ...]], heads: int, size: int
) -> None:
    choices = [Choice("heads", (1, 2)), Choice("size", (1, 2, 4))]
    supernet = Supernet.from_builder(lambda a: Fused(int(a["heads"]), int(a["size"]), divide), choices, SEQUENCE)
    expected = [8 * part + 4 * head + i for part in range(3) for head in range(heads) for i in range(size)]
    assert rows(supernet, "qkv.weight", heads=heads, size=size) == expected
    assert columns(supernet, "out.weight", heads=heads, size=size) == [r for r in expected if r < 8]


def test_heads_that_stand_outside_q_k_and_v_are_cut_as_they_stand() -> None:
    choices = [Choice("heads", (1, 2)), Choice("size", (2, 4))]
    supernet = Supernet.from_builder(lambda a: Fused(int(a["heads"]), int(a["size"]), inner_last), choices, SEQUENCE)
    assert rows(supernet, "qkv.weight", heads=1, size=2) == [0, 1, 4, 5, 8, 9]


class Joined(nn.Module):
    def __init__(self, first: int, second: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, first, 1), nn.Conv2d(3, second, 1)
        self.norm = nn.BatchNorm2d(first + second)
        self.mix = nn.Conv2d(first + second, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.mix(self.norm(torch.cat([self.a(x), self.b(x)], 1))).mean((2, 3))
        return out


def test_what_stands_behind_a_concatenation_is_cut_in_its_parts() -> None:
    choices = [Choice("a", (2, 4)), Choice("b", (1, 3))]
    supernet = Supernet.from_builder(lambda a: Joined(int(a["a"]), int(a["b"])), choices, IMAGES)
    assert columns(supernet, "mix.weight", a=2, b=1) == [0, 1, 4]
    assert rows(supernet, "norm.weight", a=2, b=3) == [0, 1, 4, 5, 6]
    assert rows(supernet, "norm.running_mean", a=4, b=1) == [0, 1, 2, 3, 4]


class Kernel(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2, 3, size, size))
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, padding=self.size // 2)


def test_the_kernel_of_a_convolution_of_ones_own_is_the_centre() -> None:
    supernet = Supernet.from_builder(lambda a: Kernel(int(a["size"])), [Choice("size", (3, 5))], IMAGES)
    with torch.no_grad():
        supernet.shared["weight"].copy_(torch.arange(25.0).view(5, 5).expand(2, 3, 5, 5))
    small = supernet.extract(supernet.space.smallest).weight
    assert small[0, 0].tolist() == [[6, 7, 8], [11, 12, 13], [16, 17, 18]]  # type: ignore[index]


def test_parts_are_saved_and_gradients_reach_what_was_taken(tmp_path: Path) -> None:
    def make() -> Supernet:
        choices = [Choice("hidden", (2, 4))]
        return Supernet.from_builder(lambda a: Recurrent("GRU", int(a["hidden"])), choices, SEQUENCE)

    supernet = make()
    supernet.save(tmp_path)
    again = Supernet.load(tmp_path, supernet.space)
    x = torch.randn(3, 5, 6)
    small = supernet.space.smallest
    for one in (supernet, again):
        one(x, small, training=True).square().sum().backward()
        gradient = one.shared["r.weight_hh_l0"].grad
        assert gradient is not None
        assert gradient.abs().sum(1).nonzero().flatten().tolist() == [0, 1, 4, 5, 8, 9]
    with torch.no_grad():
        assert torch.equal(again(x, small), supernet(x, small))
        frozen = again.extract(small).requires_grad_(requires_grad=False)  # others PyTorch rounds otherwise
        assert torch.equal(frozen(x), again(x, small))
    assert str(again.explain()) == str(supernet.explain())


def test_heads_of_another_size_in_as_many_rows_are_warned_of() -> None:
    choices = [Choice("heads", (1, 2))]
    with pytest.warns(UserWarning, match="divided in ways that do not fit|of the same size"):
        supernet = Supernet.from_builder(lambda a: Fused(n := int(a["heads"]), 8 // n, by_chunk), choices, SEQUENCE)
    assert any("of the same size" in doubt for doubt in supernet.explain().doubts)


class Sorted(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(6, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layer(x).sort(-1).values
        return out


def test_an_operation_that_is_not_known_is_named_in_a_warning() -> None:
    with pytest.warns(UserWarning, match="operation sort is not known"):
        Supernet.from_builder(lambda a: Sorted(int(a["width"])), [Choice("width", (2, 4))], SEQUENCE)


def test_a_network_that_does_not_run_on_its_inputs_is_refused_with_its_line() -> None:
    def build(values: Mapping[str, object]) -> nn.Module:
        return nn.MultiheadAttention(int(str(values["width"])), 2, batch_first=True)

    with pytest.raises(InputError, match=r"fails on inputs of \(2, 5, 6\)"):
        Supernet.from_builder(build, [Choice("width", (4, 8))], SEQUENCE)


def test_a_table_shows_every_tensor_and_how_it_is_cut() -> None:
    choices = [Choice("hidden", (2, 4))]
    supernet = Supernet.from_builder(lambda a: Recurrent("GRU", int(a["hidden"])), choices, SEQUENCE)
    told = {row.name: row.cuts for row in supernet.explain().rows}
    assert told["r.weight_ih_l0"] == ("first of each of 4 + 4 + 4", "all")
    assert told["head.weight"] == ("all", "first of each of 4 + 4")
    assert told["head.bias"] == ("all",)
    assert "r.weight_ih_l0: trained, 6x6 or 12x6; first of each of 4 + 4 + 4, all" in str(supernet.explain())


WHOLE = ("row", (4, ("grid", (2, 3)), 5))


def test_stretches_lie_in_the_whole_in_order() -> None:
    part = ("row", (2, ("grid", (2, 1)), 5))
    found = runs(WHOLE, part)
    assert found == ((0, 2), (4, 1), (7, 1), (10, 5))
    assert sum(length for _, length in found) == total(part)
    assert all(a + n < b for (a, n), (b, _) in pairwise(found))
    assert runs(WHOLE, WHOLE) == ()
    assert runs(8, 3) == ()
    assert words(WHOLE) == "4 + (2 x 3) + 5"


def test_a_union_holds_both_and_what_does_not_fit_is_refused() -> None:
    assert union(("row", (4, 1)), ("row", (2, 3, 6))) == ("row", (4, 3, 6))
    assert union(("grid", (1, 4)), ("grid", (2, 2))) == ("grid", (2, 4))
    for whole, part in ((WHOLE, 3), (4, 5), (("row", (2, 2)), ("grid", (2, 2))), (("grid", (4, 4)), ("grid", (2, 8)))):
        with pytest.raises(MismatchError):
            runs(whole, part)


@pytest.mark.filterwarnings("error")
def test_a_table_in_which_numbers_are_looked_up_shares_its_first_rows_without_a_doubt() -> None:
    def build(architecture: Architecture) -> nn.Module:
        return nn.Sequential(nn.Embedding(int(architecture["rows"]), 4), nn.Linear(4, 2))

    supernet = Supernet.from_builder(build, [Choice("rows", (5, 9))], [InputSpec("ids", (3,), "int64", 5)])
    assert not supernet.explain().doubts
