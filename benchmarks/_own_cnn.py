"""A classifier as people write one: residual blocks with depthwise convolutions and squeeze-and-excitation."""

import torch
from torch import Tensor, nn


class Squeeze(nn.Module):
    """Scales channels by what they hold on average."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        scale: Tensor = self.up(self.down(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return x * scale


class Block(nn.Module):
    """Expand, filter per channel, squeeze, project; with a way around."""

    def __init__(self, channels: int, expansion: int = 3) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand, self.expand_norm = nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.depthwise = nn.Conv2d(wide, wide, 5, padding=2, groups=wide, bias=False)
        self.depthwise_norm, self.squeeze = nn.BatchNorm2d(wide), Squeeze(wide)
        self.project, self.project_norm = nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        y = self.expand_norm(self.expand(x)).relu()
        y = self.squeeze(self.depthwise_norm(self.depthwise(y)).relu())
        out: Tensor = x + self.project_norm(self.project(y))
        return out


class OwnCnn(nn.Module):
    """For pictures ``(n, 1, 28, 28)``, ten classes."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 96), blocks: int = 2) -> None:
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(1, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0])
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(below, width, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                *(Block(width) for _ in range(blocks)),
            )
            for below, width in zip((widths[0], *widths), widths, strict=False)
        )
        self.head = nn.Linear(widths[-1], 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(n, 10)``."""
        x = self.stem_norm(self.stem(x)).relu()
        for stage in self.stages:
            x = stage(x)
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


def own_cnn() -> nn.Module:
    """Untrained, the same each time."""
    torch.manual_seed(0)
    return OwnCnn()
