"""Three families of networks to make supernets of: a built-in space, an own CNN, a Hugging Face BERT."""

from collections.abc import Callable

from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec
from hwnas.supernet import Supernet
from hwnas.testing._own_cnn import CLASSES, own_cnn
from tests.small_spaces import small

VOCABULARY = 11


def mobilenetv3(seed: int = 0) -> Supernet:
    """A supernet of the small built-in space."""
    return Supernet(small("mobilenetv3"), seed=seed)


class _Logits(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        out: Tensor = self.model(ids).logits
        return out


def _bert(architecture: Architecture) -> nn.Module:
    from transformers import BertConfig, BertForSequenceClassification

    heads = int(architecture["heads"])
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=heads * int(architecture["head_size"]),
        num_hidden_layers=int(architecture["layers"]),
        num_attention_heads=heads,
        intermediate_size=int(architecture["intermediate"]),
        max_position_embeddings=8,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_labels=CLASSES,
        attn_implementation="eager",
    )
    return _Logits(BertForSequenceClassification(config))


def bert(seed: int = 0) -> Supernet:
    """A supernet of a tiny Hugging Face BERT."""
    choices = [
        Choice("layers", (1, 2)),
        Choice("heads", (1, 2)),
        Choice("head_size", (2, 4)),
        Choice("intermediate", (5, 8)),
    ]
    return Supernet.from_builder(_bert, choices, [InputSpec("ids", (6,), "int64", VOCABULARY)], seed=seed)


FAMILIES: dict[str, Callable[..., Supernet]] = {"mobilenetv3": mobilenetv3, "own_cnn": own_cnn, "bert": bert}
