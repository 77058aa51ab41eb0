"""MobileNetV3-like inverted residuals with elastic depth, kernels and expansions.

The choices are those of Once-for-All's MobileNetV3 (Cai et al., "Once-for-All: Train One Network and Specialize it
for Efficient Deployment", ICLR 2020): five stages of 2, 3 or 4 blocks; each block has a depthwise kernel of 3, 5 or 7
and an expansion of 3, 4 or 6. The defaults give the full-size network; other widths, strides and input shapes give
small ones for small images. Differences: the expanded width is the input width times the expansion, not rounded;
a block is residual wherever its shapes allow, and the last batch-norm of a residual block starts at zero
(Yu et al., "BigNAS", ECCV 2020).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.spaces._depthwise import DepthwiseConv2d
from hwnas.spaces._settings import of_space

DEPTHS = (2, 3, 4)
KERNELS = (3, 5, 7)
EXPANSIONS = (3, 4, 6)
_ACTIVATIONS = {"relu": nn.ReLU, "hardswish": nn.Hardswish}
_FIGURES = ("expand_macs", "depthwise_macs", "project_macs", "excite_macs", "activation_bytes", "params")


@dataclass(frozen=True)
class _Settings:
    """Everything about the family that is not searched; sizes per stage where there are five of them."""

    input_shape: tuple[int, int, int] = (3, 224, 224)
    classes: int = 1000
    stem_width: int = 16
    stem_stride: int = 2
    first_block: bool = True
    stage_widths: tuple[int, ...] = (24, 40, 80, 112, 160)
    stage_strides: tuple[int, ...] = (2, 2, 2, 1, 2)
    stage_activations: tuple[str, ...] = ("relu", "relu", "hardswish", "hardswish", "hardswish")
    squeeze_excite: tuple[bool, ...] = (False, True, False, True, True)
    final_width: int = 960
    feature_width: int = 1280

    def __post_init__(self) -> None:
        if len(self.input_shape) != 3:
            raise InputError(f"Space 'mobilenetv3' needs channels, height and width, got {self.input_shape}.")
        stages = len(self.stage_widths)
        for name in ("stage_strides", "stage_activations", "squeeze_excite"):
            if len(getattr(self, name)) != stages:
                raise InputError(f"Space 'mobilenetv3' has {stages} stages, got {getattr(self, name)} as {name}.")
        unknown = set(self.stage_activations) - set(_ACTIVATIONS)
        if unknown:
            raise InputError(f"Space 'mobilenetv3' knows activations {sorted(_ACTIVATIONS)}, got {sorted(unknown)}.")


def _conv(convolution: nn.Conv2d, activation: type[nn.Module] | None) -> nn.Sequential:
    """Convolution, batch-norm and activation."""
    layers = nn.Sequential()
    layers.add_module("conv", convolution)
    layers.add_module("norm", nn.BatchNorm2d(convolution.out_channels))
    if activation is not None:
        layers.add_module("act", activation())
    return layers


def _pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 1, bias=False)


class _SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(width, _squeezed(width), 1)
        self.act = nn.ReLU()
        self.expand = nn.Conv2d(_squeezed(width), width, 1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.gate(self.expand(self.act(self.reduce(self.pool(x)))))
        return x * gate


def _squeezed(width: int) -> int:
    return max(8, (width // 4 + 7) // 8 * 8)


class _Block(nn.Module):
    """Expand, depthwise, (squeeze-excite,) project; residual where the shapes allow."""

    def __init__(self, place: "_Place", activation: str, *, excite: bool) -> None:
        super().__init__()
        act = _ACTIVATIONS[activation]
        width = place.inputs * place.expansion
        self.expand = _conv(_pointwise(place.inputs, width), act) if place.expansion > 1 else nn.Identity()
        self.depthwise = _conv(DepthwiseConv2d(width, place.kernel, place.stride), act)
        self.excite = _SqueezeExcite(width) if excite else nn.Identity()
        self.project = _conv(_pointwise(width, place.outputs), None)
        self.residual = place.inputs == place.outputs and place.stride == 1
        if self.residual:
            nn.init.zeros_(self.project.norm.weight)  # type: ignore[arg-type,union-attr]  # untyped attribute

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.project(self.excite(self.depthwise(self.expand(x))))
        return x + out if self.residual else out


class _Stage(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.blocks(x)
        return out


class _MobileNetV3(nn.Module):
    def __init__(self, settings: _Settings, blocks: Sequence["_Place"]) -> None:
        super().__init__()
        s = settings
        self.stem = _conv(nn.Conv2d(s.input_shape[0], s.stem_width, 3, s.stem_stride, 1, bias=False), nn.Hardswish)
        first = _Place(0, 0, s.stem_width, s.stem_width, 1, (0, 0), kernel=3, expansion=1)
        self.first = _Block(first, "relu", excite=False) if s.first_block else nn.Identity()
        stages = [_Stage() for _ in s.stage_widths]
        for place in blocks:
            block = _Block(place, s.stage_activations[place.stage], excite=s.squeeze_excite[place.stage])
            stages[place.stage].blocks.append(block)
        self.stages = nn.ModuleList(stages)
        self.final = _conv(_pointwise(s.stage_widths[-1], s.final_width), nn.Hardswish)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.feature = nn.Conv2d(s.final_width, s.feature_width, 1, bias=False)
        self.act = nn.Hardswish()
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(s.feature_width, s.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(self.stem(x))
        for stage in self.stages:
            x = stage(x)
        out: Tensor = self.classifier(self.flatten(self.act(self.feature(self.pool(self.final(x))))))
        return out


@dataclass(frozen=True)
class _Place:
    """One block: where it stands, what is chosen there, and the height and width of its input."""

    stage: int
    block: int
    inputs: int
    outputs: int
    stride: int
    size: tuple[int, int]
    kernel: int = 0
    expansion: int = 0


def _strided(size: tuple[int, int], stride: int) -> tuple[int, int]:
    return (size[0] + stride - 1) // stride, (size[1] + stride - 1) // stride


def _places(settings: _Settings) -> Iterator[_Place]:
    """Every block of the largest network, its kernel and expansion still open."""
    size = _strided(settings.input_shape[1:], settings.stem_stride)
    width = settings.stem_width
    for stage, (outputs, stage_stride) in enumerate(zip(settings.stage_widths, settings.stage_strides, strict=True)):
        for block in range(DEPTHS[-1]):
            stride = stage_stride if block == 0 else 1
            yield _Place(stage, block, width, outputs, stride, size)
            width, size = outputs, _strided(size, stride)


def _chosen(settings: _Settings, architecture: Architecture) -> list[_Place]:
    """The blocks an architecture has."""
    blocks = []
    for place in _places(settings):
        name = _name(place)
        if f"{name}.kernel" in architecture:
            kernel, expansion = int(architecture[f"{name}.kernel"]), int(architecture[f"{name}.expansion"])
            blocks.append(replace(place, kernel=kernel, expansion=expansion))
    return blocks


def _name(place: _Place) -> str:
    return f"stage{place.stage + 1}.block{place.block + 1}"


def _block_figures(settings: _Settings, place: _Place, kernel: int, expansion: int) -> list[float]:
    """The `_FIGURES` of one block, for one example."""
    width = place.inputs * expansion
    before = place.size[0] * place.size[1]
    after = int(np.prod(_strided(place.size, place.stride)))
    excited = _squeezed(width) if settings.squeeze_excite[place.stage] else 0
    expand = place.inputs * width * before
    depthwise = width * kernel * kernel * after
    project = width * place.outputs * after
    moved = 4 * (before * (place.inputs + width) + after * (2 * width + place.outputs))
    params = place.inputs * width + 2 * width + width * kernel * kernel + 2 * width
    params += width * place.outputs + 2 * place.outputs
    params += (2 * width * excited + width + excited) if excited else 0
    return [expand, depthwise, project, 2 * width * excited, moved, params]


def _fixed_figures(s: _Settings) -> tuple[float, float]:
    """Multiply-adds and parameters of stem, first block and head."""
    stem = int(np.prod(_strided(s.input_shape[1:], s.stem_stride)))
    size = _strided(s.input_shape[1:], s.stem_stride)
    for stride in s.stage_strides:
        size = _strided(size, stride)
    last = size[0] * size[1]
    weights = 9 * s.input_shape[0] * s.stem_width
    macs, params = float(weights * stem), float(weights + 2 * s.stem_width)
    if s.first_block:
        weights = 9 * s.stem_width + s.stem_width**2
        macs, params = macs + weights * stem, params + weights + 4 * s.stem_width
    final, feature, logits = (
        s.stage_widths[-1] * s.final_width, s.final_width * s.feature_width, s.feature_width * s.classes
    )  # fmt: skip
    return macs + final * last + feature + logits, params + final + 2 * s.final_width + feature + logits + s.classes


class _Ledger:
    """Exact figures of every (block, kernel, expansion), summed by table look-up for many genomes at once."""

    def __init__(self, settings: _Settings) -> None:
        self.fixed_macs, self.fixed_params = _fixed_figures(settings)
        self.places = list(_places(settings))
        self.stages = len(settings.stage_widths)
        self.table = np.array(
            [[[_block_figures(settings, p, k, e) for e in EXPANSIONS] for k in KERNELS] for p in self.places],
            dtype=np.float64,
        )

    def per_block(self, genomes: IntArray) -> FloatArray:
        """Figures of every block, absent ones 0: ``(n, g) -> (n, blocks, figures)``."""
        depth = genomes[:, : self.stages] + DEPTHS[0]
        kernel, expansion = genomes[:, self.stages :: 2], genomes[:, self.stages + 1 :: 2]
        stage = np.array([p.stage for p in self.places])
        present = np.array([p.block for p in self.places]) < depth[:, stage]
        return self.table[np.arange(len(self.places)), kernel, expansion] * present[..., None]

    def costs(self, genomes: IntArray) -> dict[str, FloatArray]:
        """Multiply-adds of one example and parameters, ``(n,)`` each."""
        total = self.per_block(genomes).sum(axis=1)
        return {"macs": total[:, :4].sum(axis=1) + self.fixed_macs, "params": total[:, 5] + self.fixed_params}

    def features(self, genomes: IntArray) -> FloatArray:
        """Figures summed per stage, depthwise multiply-adds per kernel, blocks per stage: ``(n, g) -> (n, f)``."""
        blocks = self.per_block(genomes)
        n = len(genomes)
        per_stage = blocks.reshape(n, self.stages, DEPTHS[-1], len(_FIGURES)).sum(axis=2)
        kernel = genomes[:, self.stages :: 2]
        depthwise = blocks[..., 1]
        per_kernel = [
            np.where(kernel == k, depthwise, 0.0).reshape(n, self.stages, DEPTHS[-1]).sum(axis=2)
            for k in range(len(KERNELS))
        ]
        return np.concatenate(
            [per_stage.reshape(n, -1), *per_kernel, genomes[:, : self.stages] + float(DEPTHS[0])], axis=1
        )

    def feature_names(self) -> list[str]:
        """One name per column of `features`."""
        stages = [f"stage{i + 1}" for i in range(self.stages)]
        return [
            *(f"{stage}.{figure}" for stage in stages for figure in _FIGURES),
            *(f"{stage}.depthwise{kernel}_macs" for kernel in KERNELS for stage in stages),
            *(f"{stage}.depth" for stage in stages),
        ]


def _choices(settings: _Settings) -> Iterator[Choice]:
    for stage in range(len(settings.stage_widths)):
        yield Choice(f"stage{stage + 1}.depth", DEPTHS)
    for place in _places(settings):
        needed = tuple(d for d in DEPTHS if d > place.block)
        active_if = {} if len(needed) == len(DEPTHS) else {f"stage{place.stage + 1}.depth": needed}
        yield Choice(f"{_name(place)}.kernel", KERNELS, active_if)
        yield Choice(f"{_name(place)}.expansion", EXPANSIONS, active_if)


def mobilenetv3(**parameters: object) -> SearchSpace:
    """The space for given settings (see `_Settings`); without any, the full-size network for 224x224 images.

    Raises:
        InputError: a setting is unknown or does not fit the others.
    """
    settings, given = of_space("mobilenetv3", _Settings, parameters)
    ledger = _Ledger(settings)
    return SearchSpace(
        _choices(settings),
        name="mobilenetv3",
        parameters=given,
        build=lambda architecture: _MobileNetV3(settings, _chosen(settings, architecture)),
        inputs=[InputSpec("images", settings.input_shape)],
        costs=ledger.costs,
        features=ledger.features,
        feature_names=ledger.feature_names(),
    )
