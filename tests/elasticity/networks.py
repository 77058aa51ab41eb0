"""Ordinary networks that know nothing of supernets, as their owners would write them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, inner, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(inner)
        self.second = nn.Conv2d(inner, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.norm(self.first(x)))))


class Cnn(nn.Module):
    """A stem, a residual block, a strided convolution, two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, 2, 1)
        self.block = Residual(8, 12)
        self.down = nn.Conv2d(8, 16, 3, 2, 1)
        self.hidden = nn.Linear(16, 24)
        self.head = nn.Linear(24, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(self.block(self.stem(x))).mean((2, 3))
        out: Tensor = self.head(F.relu(self.hidden(x)))
        return out


class Attention(nn.Module):
    """Grouped queries: every head of keys and values serves two of queries."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 3
        self.query = nn.Linear(12, 6 * self.size)
        self.key, self.value = (nn.Linear(12, 3 * self.size) for _ in range(2))
        self.out = nn.Linear(6 * self.size, 12)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (f(x).unflatten(-1, (-1, self.size)).transpose(1, 2) for f in (self.query, self.key, self.value))
        k, v = (t.repeat_interleave(2, dim=1) for t in (k, v))
        mixed = (q @ k.transpose(-1, -2) / self.size**0.5).softmax(-1) @ v
        out: Tensor = self.head((x + self.out(mixed.transpose(1, 2).flatten(2))).mean(1))
        return out


class Depthwise(nn.Module):
    """An inverted residual with squeeze-and-excitation, and grouped convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(1, 16, 1)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.reduce, self.excite = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.project = nn.Conv2d(16, 12, 1)
        self.grouped = nn.Conv2d(12, 12, 3, padding=1, groups=3)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.depthwise(self.expand(x)))
        x = x * self.excite(F.relu(self.reduce(x.mean((2, 3), keepdim=True)))).sigmoid()
        out: Tensor = self.head(F.relu(self.grouped(self.project(x))).mean((2, 3)))
        return out


class Dense(nn.Module):
    """Concatenations, a skip as in U-Nets, and a transposed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 5, 3, 2, 1)
        self.up = nn.ConvTranspose2d(5, 4, 2, 2)
        self.norm = nn.BatchNorm2d(10)
        self.third = nn.Conv2d(10, 8, 1)
        self.head = nn.Linear(14, 3)

    def forward(self, x: Tensor) -> Tensor:
        first = F.relu(self.first(x))
        both = self.norm(torch.cat([first, self.up(F.relu(self.second(first)))], 1))
        out: Tensor = self.head(torch.cat([self.third(both), first], 1).mean((2, 3)))
        return out


class Inverted(nn.Module):
    """x + f(x), with a large depthwise kernel."""

    def __init__(self, width: int, inner: int, kernel: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(width, inner, 1, bias=False)
        self.norm = nn.BatchNorm2d(inner)
        self.depthwise = nn.Conv2d(inner, inner, kernel, padding=kernel // 2, groups=inner)
        self.project = nn.Conv2d(inner, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project(F.relu(self.depthwise(F.relu(self.norm(self.expand(x))))))


class Blocks(nn.Module):
    """Blocks that may go, between convolutions that may not."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, padding=1)
        self.body = nn.Sequential(Inverted(6, 8, 5), Inverted(6, 9, 7), nn.Conv2d(6, 6, 1))
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(self.stem(x)).mean((2, 3)))
        return out
