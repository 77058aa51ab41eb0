"""One choice for all groups of a kind."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

import hwnas
from hwnas.elasticity._tied import tied
from hwnas.elasticity.elastic import elastic
from hwnas.elasticity.table import left_out_rows
from hwnas.supernet import Supernet
from tests.elasticity.zeroing import zeroed

X = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(6, 12), nn.Linear(12, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(self.up(x).relu())


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Sequential(Block(), Block()), nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2)).eval()


@pytest.fixture(scope="module")
def supernet() -> Supernet:
    return elastic(network(), X, uniform=True)


def test_groups_are_alike_whose_names_differ_in_numbers_alone_and_that_have_the_same_options() -> None:
    few, many = [2, 4], [2, 4, 8]
    options = {"a.0.x.width": few, "a.1.x.width": few, "a.2.x.width": many, "a.3.x.width": many, "b.0.x.width": few}
    assert tied(options) == {
        "a.0.x.width": "a.*.x.width",
        "a.1.x.width": "a.*.x.width",
        "a.2.x.width": "a.*.x.width2",
        "a.3.x.width": "a.*.x.width2",
        "b.0.x.width": "b.0.x.width",
    }


def test_one_choice_says_the_width_of_all_layers_alike_and_each_keeps_its_own_best_entries(supernet: Supernet) -> None:
    space = supernet.space
    assert [c for c in space.names if c.endswith("width")] == ["0.*.up.width", "1.width"]
    smaller = space.architecture({**space.largest, "0.*.up.width": 6})
    part = supernet.extract(smaller)
    first, second = part.get_submodule("0.0.up"), part.get_submodule("0.1.up")
    assert (first.out_features, second.out_features) == (6, 6)
    with torch.no_grad():
        torch.testing.assert_close(part(X), zeroed(supernet, smaller)(X))
    orders = supernet.sharing.state()["orders"]
    assert isinstance(orders, dict)
    assert sorted(orders["0.0.up.width"][:6]) != sorted(orders["0.1.up.width"][:6])
    assert torch.equal(supernet(X, space.largest), network()(X))


def test_a_tied_choice_counts_in_every_layer_and_is_read_again(supernet: Supernet, tmp_path: Path) -> None:
    space = supernet.space
    for architecture in (space.smallest, space.middle, space.largest):
        assert space.costs is not None
        told = space.costs(space.encode_many([architecture]))["params"][0]
        assert told == sum(p.numel() for p in supernet.extract(architecture).parameters())
    supernet.save(tmp_path)
    again = hwnas.load_supernet(tmp_path, model=network())
    assert torch.equal(again(X, space.middle), supernet(X, space.middle))
    both = supernet.with_bits("block")
    whole = both.space.largest
    assert torch.equal(both(X, both.space.architecture({**whole, **space.middle})), supernet(X, space.middle))


def test_of_a_hugging_face_model_only_what_its_configuration_says_is_offered(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ids = torch.arange(8).reshape(2, 4)
    config = BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=4,
    )  # fmt: skip
    supernet = elastic(BertForSequenceClassification(config).eval(), ids, uniform=True, multiple_of=4)
    space = supernet.space
    assert space.names == ("bert.encoder.layer.*.intermediate.dense.width",)
    left = [name for name, _, why in left_out_rows(space) if why.startswith("no configuration of BertForSequence")]
    heads = [f"bert.encoder.layer.{i}.attention.self.query.heads" for i in range(2)]
    assert left == [*heads, "bert.pooler.dense.width"]
    folder = hwnas.save_pretrained(supernet.extract(space.smallest), ids, tmp_path / "model")
    loaded = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        assert torch.equal(loaded(ids).logits, supernet(ids, space.smallest))
