"""Networks in which something stands in the way of whoever wants to shrink them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DenseNet(nn.Module):
    """Every layer reads all before it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(8 + 4 * i) for i in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(8 + 4 * i, 4, 3, padding=1) for i in range(2))
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = torch.cat([x, conv(F.relu(norm(x)))], 1)
        out: Tensor = self.head(x.mean((2, 3)))
        return out


class Shuffled(nn.Module):
    """Channels of two groups change places by a view, a transposition and a view."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.first = nn.Conv2d(8, 8, 1, groups=2)
        self.second = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(self.stem(x)))
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        out: Tensor = self.head(F.relu(self.second(x)).mean((2, 3)))
        return out


class Tied(nn.Module):
    """The output has the weights of the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        out: Tensor = self.head(x + self.down(F.gelu(self.up(x))))
        return out


class Twice(nn.Module):
    """One layer is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.shared, self.head = nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.relu(self.shared(F.relu(self.shared(F.relu(self.first(x)))))))
        return out


class Buffered(nn.Module):
    """Channels are scaled by a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(4, 8), nn.Linear(8, 3)
        self.register_buffer("scale", torch.rand(8) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.relu(self.first(x)) * self.scale)
        return out


class Tabled(nn.Module):
    """Channels are scaled by a tensor that is no buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(4, 8), nn.Linear(8, 6), nn.Linear(6, 3)
        self.table = torch.rand(8)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.relu(self.second(F.relu(self.first(x)) * self.table)))
        return out


class Recurrent(nn.Module):
    """A recurrent layer between linear ones."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.first = nn.Linear(4, 6)
        self.over = kind(6, 8, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.over(F.relu(self.first(x)))[0][:, -1])
        return out


class Tagger(nn.Module):
    """A recurrent layer of which every output counts, among axes that change in place."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.first, self.over, self.head = nn.Linear(4, 6), kind(6, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x)).unsqueeze_(1).squeeze_(1)
        out: Tensor = self.head(self.over(x)[0])
        return out


class Square(nn.Module):
    """What a recurrent layer takes is as wide as what it gives."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.first, self.over, self.head = nn.Linear(4, 8), nn.Sequential(*layers), nn.LazyLinear(3)
        self(torch.zeros(1, 5, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        for layer in self.over:
            x = layer(x)[0]
        out: Tensor = self.head(x)
        return out


class Cells(nn.Module):
    """A recurrence written out."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.cell, self.head = nn.Linear(4, 8), nn.GRUCell(8, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        state = self.cell(x[:, 0])
        for step in range(1, x.shape[1]):
            state = self.cell(x[:, step], state)
        out: Tensor = self.head(state)
        return out


class Packed(nn.Module):
    """PyTorch's own attention, which checks the sizes it was made for."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.up, self.down, self.head = nn.Linear(4, 16), nn.Linear(16, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x, x, x, need_weights=False)[0]
        out: Tensor = self.head((x + self.down(F.gelu(self.up(x)))).mean(1))
        return out


class HardCoded(nn.Module):
    """Attention whose code has its sizes as numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.project, self.out, self.head = nn.Linear(4, 36), nn.Linear(12, 10), nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.project(x).reshape(len(x), -1, 3, 4, 3).permute(2, 0, 3, 1, 4)
        mixed = ((q @ k.transpose(-1, -2)).softmax(-1) @ v).transpose(1, 2).reshape(len(x), -1, 12)
        out: Tensor = self.head(F.relu(self.out(mixed)).mean(1))
        return out


class Counted(nn.Module):
    """The same with its sizes as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.num_heads, self.head_dim = 4, 3
        self.project, self.out, self.head = nn.Linear(4, 36), nn.Linear(12, 10), nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.project(x).reshape(len(x), -1, 3, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4)
        mixed = (q @ k.transpose(-1, -2)).softmax(-1) @ v
        mixed = mixed.transpose(1, 2).reshape(len(x), -1, self.num_heads * self.head_dim)
        out: Tensor = self.head(F.relu(self.out(mixed)).mean(1))
        return out


class Bare(nn.Module):
    """Parameters outside of layers, and einsum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.randn(4, 4, 8))
        self.gain = nn.Parameter(torch.rand(8))
        self.second = nn.Parameter(torch.randn(4, 8, 3))

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu(torch.einsum("nsc,hcd->nshd", x, self.first)) * self.gain
        return torch.einsum("nshd,hdo->no", inner, self.second)


class Grouped(nn.Module):
    """Group normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(1, 12, 3), nn.GroupNorm(4, 12), nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.relu(self.norm(self.conv(x))).mean((2, 3)))
        return out


class Flattened(nn.Module):
    """Three branches of other kernels, concatenated, and flattened with their places."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Conv2d(1, 4 + i, 2 * i + 1, padding=i) for i in range(3))
        self.merge, self.head = nn.Conv2d(15, 8, 1), nn.Linear(8 * 64, 3)

    def forward(self, x: Tensor) -> Tensor:
        merged = self.merge(F.relu(torch.cat([branch(x) for branch in self.branches], 1)))
        out: Tensor = self.head(F.relu(merged).flatten(1))
        return out


class Upscaled(nn.Module):
    """Pixel shuffle, and a gated unit."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(4, 12, 3, padding=1)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.glu(self.second(F.pixel_shuffle(self.first(x), 2)), 1).mean((2, 3)))
        return out


class Sorted(nn.Module):
    """Channels are sorted."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(4, 8), nn.Linear(8, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        ordered = torch.sort(self.first(x), 1)[0]
        out: Tensor = self.head(F.relu(self.second(ordered)))
        return out


class Recast(nn.Module):
    """Pixels become float32 whatever they are, and so does a part of what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(4, 8), nn.Linear(8, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x.float() / 255).relu() + torch.ones(1)
        out: Tensor = self.head(F.relu(self.second(x.to(torch.float32))))
        return out


class Rearranged(nn.Module):
    """Space goes to channels, channels are dealt anew and repeated, and a weight is divided by its largest factor."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = (
            nn.Conv2d(1, 8, 3, padding=1),
            nn.InstanceNorm2d(8, affine=True, track_running_stats=True),
        )
        self.first = nn.Conv2d(32, 8, 1)
        self.second = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.third = nn.utils.parametrizations.spectral_norm(nn.Linear(16, 6))
        self.token, self.head = nn.Parameter(torch.ones(1, 6)), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(F.pixel_unshuffle(self.norm(self.stem(x)), 2))
        x = self.second(F.channel_shuffle(F.relu(x), 2)).mean((2, 3)).repeat(1, 2)
        out: Tensor = self.head(F.relu(self.third(x)) + self.token.repeat(len(x), 1))
        return out


class Lengthened(nn.Module):
    """The last weights are kept as a direction and a length."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 6)
        self.head = nn.utils.parametrizations.weight_norm(nn.Linear(6, 3))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(F.relu(self.second(F.relu(self.first(x)))))
        return out
