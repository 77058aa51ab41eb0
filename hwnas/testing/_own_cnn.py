"""A family of small networks that knows nothing of supernets, and what is fed to any."""

import torch
from torch import Tensor, nn

from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.supernet import Supernet

CLASSES = 3


class OwnCnn(nn.Module):
    """Some plain convolutions of one width."""

    def __init__(self, depth: int, width: int, kernel: int, pool: str) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, kernel, padding=kernel // 2) for _ in range(depth))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(depth))
        self.pool: nn.Module = nn.MaxPool2d(2) if pool == "max" else nn.Conv2d(width, width, 2, 2)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(n, 3)`` of images ``(n, 1, 8, 8)``."""
        x = self.stem(x).relu()
        for block, norm in zip(self.blocks, self.norms, strict=True):
            x = norm(block(x)).relu()
        out: Tensor = self.head(self.pool(x).mean((2, 3)))
        return out


def own_space() -> SearchSpace:
    """The space of `OwnCnn`."""
    choices = [
        Choice("depth", (1, 2)),
        Choice("width", (4, 6)),
        Choice("kernel", (3, 5)),
        Choice("pool", ("max", "learnt"), ordered=False),
    ]
    return SearchSpace(
        choices,
        build=lambda a: OwnCnn(**a),  # type: ignore[arg-type]  # options by name
        inputs=[InputSpec("images", (1, 8, 8))],
    )


def own_cnn(seed: int = 0) -> Supernet:
    """A supernet of it."""
    return Supernet(own_space(), seed=seed)


def example(supernet: Supernet, n: int, seed: int = 0) -> Tensor:
    """Random input ``(n, ...)`` for the networks of a supernet with one input."""
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
