"""Layers and functions that people use: each is written by the table, and the file answers as PyTorch does."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hwnas.contracts.search_space import InputSpec
from hwnas.export._table import Unsupported
from hwnas.export.writer import listed
from tests.export.by_table import written_by_table
from tests.export.networks import randomise

IMAGES, SEQUENCES, VOLUMES = [InputSpec("x", (4, 8, 8))], [InputSpec("x", (6, 8))], [InputSpec("x", (4, 4, 4, 4))]


class After(nn.Module):
    """Something learnt, and then what is tried."""

    def __init__(self, tried: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.scale, self.tried = nn.Parameter(torch.tensor([1.5])), tried

    def forward(self, x: Tensor) -> Tensor:
        return self.tried(x * self.scale)


OF_IMAGES: list[Callable[[Tensor], Tensor]] = [
    nn.ConvTranspose2d(4, 3, 2, 2), nn.ConvTranspose2d(4, 4, 3, 2, 1, 1, groups=2, bias=False),
    nn.ConvTranspose2d(4, 2, 3, 1, (1, 0), dilation=2),
    nn.Upsample(scale_factor=2), nn.Upsample(size=(12, 5)), nn.Upsample(scale_factor=(2.0, 1.5)),
    nn.Upsample(scale_factor=2, mode="bilinear"), nn.UpsamplingBilinear2d(scale_factor=2), nn.UpsamplingNearest2d(16),
    nn.Upsample(scale_factor=2, mode="bicubic"), nn.Upsample(size=12, mode="bicubic", align_corners=True),
    nn.GroupNorm(2, 4), nn.GroupNorm(4, 4, affine=False), nn.InstanceNorm2d(4), nn.InstanceNorm2d(4, affine=True),
    nn.PReLU(), nn.PReLU(4), nn.ELU(0.5), nn.SELU(), nn.Softplus(), nn.Softsign(), nn.LogSoftmax(1), nn.GLU(1),
    nn.PixelShuffle(2), nn.Unflatten(1, (2, 2)), nn.ReflectionPad2d((1, 2, 0, 1)), nn.ReplicationPad2d(2),
    nn.AdaptiveAvgPool2d(2), nn.AdaptiveAvgPool2d((None, 1)), nn.AdaptiveMaxPool2d(1), nn.AdaptiveMaxPool2d((4, 2)),
    nn.MaxPool2d(3, 2, 1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, (2, 3), ceil_mode=True),
    nn.AvgPool2d(2, ceil_mode=True), nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(2, count_include_pad=False),
]  # fmt: skip
OF_SEQUENCES: list[Callable[[Tensor], Tensor]] = [
    nn.MaxPool1d(2), nn.MaxPool1d(3, 1, 1, 2), nn.AvgPool1d(2), nn.AdaptiveAvgPool1d(4), nn.AdaptiveMaxPool1d(1),
    nn.ConvTranspose1d(6, 6, 3, 2), nn.RMSNorm(8), nn.RMSNorm((6, 8), eps=0.1, elementwise_affine=False),
    nn.LayerNorm(8, bias=False), nn.InstanceNorm1d(6, affine=True), nn.GroupNorm(3, 6), nn.Upsample(scale_factor=2),
    nn.Upsample(size=5, mode="linear"), nn.ReflectionPad1d(2), nn.PReLU(6),
]  # fmt: skip
OF_VOLUMES: list[Callable[[Tensor], Tensor]] = [
    nn.MaxPool3d(2), nn.AvgPool3d(2), nn.AdaptiveAvgPool3d(1), nn.ConvTranspose3d(4, 2, 2, 2), nn.InstanceNorm3d(4),
    nn.Upsample(scale_factor=2, mode="trilinear"),
]  # fmt: skip
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "stack": lambda x: torch.stack([x, x * 2], -1), "stack in front": lambda x: torch.stack([x, -x], 1),
    "amax": lambda x: x.amax((2, 3)), "amin": lambda x: x.amin(1, keepdim=True), "sum": lambda x: x.sum((2, 3)),
    "maximum along": lambda x: x.max(1)[0], "minimum along": lambda x: torch.min(x, -1, keepdim=True).values,
    "of two": lambda x: torch.maximum(x, -x) + torch.min(x, x * 2), "place": lambda x: x.max(2).indices.float(),
    "var": lambda x: x.var((2, 3)), "var, biased": lambda x: x.var(1, unbiased=False, keepdim=True),
    "std": lambda x: torch.std(x, dim=1, correction=0),
    "norm": lambda x: x.norm(dim=1), "logsumexp": lambda x: x.logsumexp(1),
    "normalize": lambda x: F.normalize(x.flatten(1), dim=1), "square": lambda x: x.square().sqrt(),
    "alone": lambda x: x.abs().log().floor() + x.ceil() + x.round() + x.sign() + (x.abs() + 1).reciprocal(),
    "repeat": lambda x: x.repeat(1, 2, 1, 3), "tile": lambda x: x.tile((1, 1, 2, 1)), "flip": lambda x: x.flip(3, 1),
    "clip": lambda x: torch.clip(x, 0, 1),
    "by a list": lambda x: x[:, [0, 2, 2]], "log_softmax": lambda x: x.log_softmax(1),
    "index_select": lambda x: x.index_select(1, torch.tensor([3, 0])), "elu": lambda x: F.elu(x) + F.softplus(x),
    "pad": lambda x: F.pad(F.pad(x, (1, 1, 2, 0), mode="reflect"), (0, 0, 2, 1), mode="replicate"),
    "glu": lambda x: F.glu(x, 2),
    "interpolate": lambda x: F.interpolate(x, x.shape[2:], mode="bilinear"), "rsqrt": lambda x: (x * x + 1).rsqrt(),
    "max_pool2d": lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True) + F.avg_pool2d(x, 2, ceil_mode=True),
    "pooled": lambda x: F.max_pool2d(x, 2) + F.avg_pool2d(x, (2, 2)) + F.adaptive_avg_pool2d(x, 4),
    "all of it": lambda x: F.adaptive_max_pool2d(x, 1) * F.adaptive_avg_pool2d(x, (1, 1)),
    "group_norm": lambda x: F.group_norm(x, 2), "rms_norm": lambda x: F.rms_norm(x, (8,)),
    "sin": lambda x: x.sin() + x.cos(),
    "einsum": lambda x: torch.einsum("nchw, nkhw -> nck", x, x), "einsum of the rest": lambda x: torch.einsum(
        "n...w,Ww->nW...", x, torch.ones(3, 8)
    ), "einsum, diagonal": lambda x: torch.einsum("nchh,dc->nd", x, torch.arange(8.0).reshape(2, 4)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        pytest.param(layer, inputs, id=str(layer))
        for layers, inputs in ((OF_IMAGES, IMAGES), (OF_SEQUENCES, SEQUENCES), (OF_VOLUMES, VOLUMES))
        for layer in layers
    ],
)
def test_a_layer_is_written_by_the_table_and_answers_alike(layer: nn.Module, inputs: list[InputSpec]) -> None:
    written_by_table(randomise(After(layer)), inputs)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_written_by_the_table_and_answers_alike(name: str) -> None:
    written_by_table(After(FUNCTIONS[name]), IMAGES)


@pytest.mark.parametrize(
    "tried",
    [
        nn.Upsample(scale_factor=1.3, mode="bilinear"), nn.AvgPool2d(3, 2, ceil_mode=True), nn.AdaptiveAvgPool2d(3),
        nn.Softplus(beta=2), nn.InstanceNorm2d(4, track_running_stats=True), lambda x: x.norm(p=1, dim=1),
        lambda x: F.interpolate(x, size=4, mode="bilinear", antialias=True), lambda x: x.repeat(1, 1, 1, 1, 1)[0],
    ],
    ids=["by a factor", "average, rounded up", "uneven windows", "another softplus", "running statistics", "by sums",
         "antialiased", "more dimensions"],
)  # fmt: skip
def test_what_the_table_cannot_say_exactly_is_left_to_the_stock_exporter(tried: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(Unsupported):
        listed(After(tried).eval(), IMAGES, dynamic_batch=False, batch=2)


class Rows(nn.Module):
    """A product whose weights stand the other way round, as GPT-2 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias, self.norm = (
            nn.Parameter(torch.randn(8, 8)),
            nn.Parameter(torch.randn(8)),
            nn.BatchNorm1d(8),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(torch.addmm(self.bias, x.flatten(1)[:, :8], self.weight))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("layers", "left"),
    [
        (nn.Sequential(nn.ConvTranspose2d(4, 6, 2, 2), nn.BatchNorm2d(6)), 0),
        (nn.Sequential(nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, bias=False), nn.BatchNorm2d(6)), 0),
        (nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d(6)), 0),
        (Rows(), 1),
    ],
    ids=["transposed", "transposed in groups", "groups", "rows"],
)
def test_batch_norm_is_folded_into_what_it_follows_where_outputs_are_known(layers: nn.Module, left: int) -> None:
    assert written_by_table(randomise(layers), IMAGES).count("BatchNormalization") == left
