"""Networks to export: random inverted-residual ones, and one that uses every layer of the table."""

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec

IMAGE = (InputSpec("image", (3, 16, 16)),)
TEXT = (InputSpec("ids", (8,), "int64", 50), InputSpec("mask", (8,), "int64", 2))
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.Hardswish, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.Mish)


class SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduce, self.expand, self.gate = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1), nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))))


class Block(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, *, kernel: int, expansion: int, stride: int, act: type[nn.Module], excite: bool
    ) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand = nn.Sequential(nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), act())
        self.depthwise = nn.Sequential(
            nn.Conv2d(width, width, kernel, stride, kernel // 2, groups=width, bias=False), nn.BatchNorm2d(width), act()
        )
        self.excite = SqueezeExcite(width) if excite else nn.Identity()
        self.project = nn.Sequential(nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.excite(self.depthwise(self.expand(x))))
        return x + y if self.residual else y


class EveryLayer(nn.Module):
    """Each layer and function of the table at least once."""

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.ModuleList([nn.ZeroPad2d((0, 1, 2, 1)), nn.ConstantPad2d(1, 0.5), nn.ZeroPad2d(0)])
        self.stem = nn.Conv2d(3, 8, 3, padding="same")
        self.norm = nn.BatchNorm2d(8)
        self.acts = nn.ModuleList(
            [nn.ReLU(), nn.ReLU6(), nn.Hardtanh(-2, 3), nn.Hardswish(), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(),
             nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.LeakyReLU(0.1), nn.Mish(), nn.Dropout(0.5), nn.Identity()]
        )  # fmt: skip
        self.late_norm = nn.BatchNorm2d(8 * 14)
        self.pools = nn.ModuleList([nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(2, 2)])
        self.unpadded = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
        self.global_pool, self.flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.scale = nn.Parameter(torch.full((1, 112, 1, 1), 0.7))
        self.hidden, self.hidden_norm = nn.Linear(112, 12), nn.BatchNorm1d(12)
        self.tokens, self.head = nn.Linear(112, 6), nn.Linear(18, 5, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        for pad in self.around:
            x = pad(x)
        x = self.norm(self.stem(nn.functional.pad(x, (1, 0, 0, -1))))
        x = nn.functional.interpolate(x, size=(12, 10), mode="bilinear", align_corners=False)
        x = self.late_norm(torch.cat([act(x) for act in self.acts], 1))
        x = sum(pool(x) for pool in self.pools) - self.unpadded(x)  # type: ignore[assignment]
        x = (x * self.scale + 3) / 6 - 1.5 * x.clamp(-1, 2) + x.clamp(min=0) - (1 - x)
        pooled = self.hidden_norm(self.hidden(self.flatten(self.global_pool(x))))
        tokens = self.tokens(x.permute(0, 2, 3, 1)).view(x.size(0), -1, 6).mean(1)
        return self.head(torch.cat([pooled, tokens.flatten(1)], dim=1))  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """Words of transformers, each at least once: a token in front, places, a mask of padding, attention, two layers of
    norm; as Hugging Face's models say them.
    """

    def __init__(self, width: int = 16, heads: int = 2, *, fused: bool = False) -> None:
        super().__init__()
        self.words, self.kinds, self.places = nn.Embedding(50, width), nn.Embedding(2, width), nn.Embedding(12, width)
        self.first = nn.Parameter(torch.randn(1, 1, width))
        self.register_buffer("numbers", torch.arange(12).expand(1, -1))
        self.register_buffer("kind", torch.zeros(1, 12, dtype=torch.int64))
        self.norm, self.after = nn.LayerNorm(width), nn.LayerNorm(width, bias=False)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out, self.up, self.down = nn.Linear(width, width), nn.Linear(width, 24), nn.Linear(24, width)
        self.head = nn.Linear(width, 3)
        self.heads, self.fused = heads, fused

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        n, length = ids.shape
        kinds = self.kinds(self.kind[:, :length].expand(n, length))
        x = self.words(ids) + kinds + self.places(self.numbers[:, :length])  # type: ignore[index]
        x = self.norm(torch.cat([self.first.expand(n, -1, -1), x], dim=1))
        seen = torch.cat([torch.ones(n, 1, dtype=torch.bool), mask.to(torch.bool)], dim=1)
        seen = seen[torch.arange(n)[:, None, None, None], torch.arange(length + 1)[None, None, None, :]]
        q, k, v = (f(x).view(n, length + 1, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        if self.fused:
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        else:
            ignored = torch.where(seen, 0.0, torch.finfo(x.dtype).min)
            shares = torch.matmul(q, k.transpose(2, 3)) * q.shape[-1] ** -0.5 + ignored
            mixed = nn.functional.softmax(shares, dim=-1, dtype=torch.float32).to(q.dtype) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length + 1, -1).contiguous())
        x = x + self.down(nn.functional.gelu(self.up(self.after(x))))
        return self.head(torch.tanh(x[:, 0]))  # type: ignore[no-any-return]


def randomise(module: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and batch-norm statistics of trained size, in evaluation mode."""
    torch.manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor, low, high in (
                (layer.weight, 0.5, 1.5), (layer.bias, -0.5, 0.5), (layer.running_mean, -1, 1),
                (layer.running_var, 0.2, 3),
            ):  # fmt: skip
                nn.init.uniform_(tensor, low, high)  # type: ignore[arg-type]
    return module.eval()


def inverted_residual(blocks: list[tuple[int, int, int, int, type[nn.Module], bool]], seed: int = 0) -> nn.Module:
    """Stem, blocks (outputs, kernel, expansion, stride, activation, excite), pooling and classifier."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish()]
    width = 8
    for outputs, kernel, expansion, stride, act, excite in blocks:
        layers.append(Block(width, outputs, kernel=kernel, expansion=expansion, stride=stride, act=act, excite=excite))
        width = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(width, 10)]
    return randomise(nn.Sequential(*layers), seed)


block_settings = st.tuples(
    st.sampled_from([8, 12]), st.sampled_from([1, 3, 5, 7]), st.sampled_from([1, 3, 4]), st.sampled_from([1, 2]),
    st.sampled_from(ACTIVATIONS), st.booleans(),
)  # fmt: skip
networks = st.builds(inverted_residual, st.lists(block_settings, max_size=4), st.integers(0, 1000))
