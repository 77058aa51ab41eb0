"""Three families of networks to make supernets of: a built-in space, an own CNN, a Hugging Face BERT."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec
from hwnas.supernet import Supernet
from tests.small_spaces import small

CLASSES = 3
VOCABULARY = 11


class OwnCnn(nn.Module):
    """Two stages of plain convolutions; knows nothing of supernets."""

    def __init__(self, depth: int, width: int, kernel: int, pool: str) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, kernel, padding=kernel // 2) for _ in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(depth))
        self.pool: nn.Module = nn.MaxPool2d(2) if pool == "max" else nn.Conv2d(width, width, 2, 2)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        for block, norm in zip(self.blocks, self.norms, strict=True):
            x = norm(block(x)).relu()
        out: Tensor = self.head(self.pool(x).mean((2, 3)))
        return out


def own_cnn(seed: int = 0) -> Supernet:
    """A supernet of `OwnCnn`."""
    choices = [
        Choice("depth", (1, 2)),
        Choice("width", (4, 6)),
        Choice("kernel", (3, 5)),
        Choice("pool", ("max", "learnt"), ordered=False),
    ]
    return Supernet.from_builder(
        lambda a: OwnCnn(**a),  # type: ignore[arg-type]
        choices,
        [InputSpec("images", (1, 8, 8))],
        seed=seed,
    )


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


def example(supernet: Supernet, n: int, seed: int = 0) -> Tensor:
    """Random input ``(n, ...)`` for the supernet's networks."""
    (spec,) = supernet.space.inputs
    generator = torch.Generator().manual_seed(seed)
    if spec.dtype == "int64":
        return torch.randint(0, spec.high, (n, *spec.shape), generator=generator)
    return torch.randn(n, *spec.shape, generator=generator)


def randomise(supernet: Supernet) -> None:
    """Values everywhere, so that no zero hides a wrong slice."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in supernet.shared.items():
            if not tensor.is_floating_point():
                continue
            noise = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(noise + 0.5 if tensor.ndim < 2 or name.endswith("running_var") else noise - 0.5)
