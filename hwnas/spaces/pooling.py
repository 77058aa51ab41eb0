"""Where a residual network halves its resolution (Javan et al., "Balanced Mixture of SuperNets for Learning the CNN
Pooling Architecture", AutoML 2023).

A stem and residual blocks, three equal groups of them, each twice as wide as the one before, as in a ResNet-20 (He et
al., "Deep Residual Learning for Image Recognition", CVPR 2016). Two max-poolings stand before two of the blocks, and
only where is searched: widths do not follow them, so all architectures have the same weights, and a network that pools
early costs less. With nine blocks there are 36 architectures; `layers` says how many layers work at each resolution,
as the paper counts them.

Where we differ: batch-norm has scales and shifts, and where a group is wider than the one before, a 1x1 convolution
leads past the block, while the published code fills up with zeros.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.spaces._settings import of_space


@dataclass(frozen=True)
class _Settings:
    """Everything about the family that is not searched."""

    input_shape: tuple[int, ...] = (3, 32, 32)
    classes: int = 10
    blocks: int = 9
    width: int = 16

    def __post_init__(self) -> None:
        if len(self.input_shape) != 3 or min(self.input_shape[1:]) < 4:
            raise InputError(
                f"Space 'pooling' needs channels, height and width, at least 4 of the latter, got {self.input_shape}."
            )
        if self.blocks % 3:
            raise InputError(
                f"Space 'pooling' has three groups of equally many blocks, got {self.blocks}; take 9, say."
            )

    @property
    def widths(self) -> list[int]:
        """Of the stem and the blocks."""
        return [self.width, *(self.width * 2 ** (3 * i // self.blocks) for i in range(self.blocks))]

    def sides(self, pooled: int) -> tuple[int, int]:
        """Height and width after so many poolings."""
        height, width = self.input_shape[1:]
        return height >> pooled, width >> pooled


class _Block(nn.Module):
    """Two convolutions, added to the input, which a third one widens where that is needed."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.past = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)
        self.act2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        inner = self.norm2(self.conv2(self.act1(self.norm1(self.conv1(x)))))
        out: Tensor = self.act2(inner + self.past(x))
        return out


class _Network(nn.Module):
    def __init__(self, settings: _Settings, pooled: tuple[int, int]) -> None:
        super().__init__()
        widths = settings.widths
        self.stem = nn.Conv2d(settings.input_shape[0], widths[0], 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        self.act = nn.ReLU()
        self.blocks = nn.ModuleList(_Block(*widths[i : i + 2]) for i in range(settings.blocks))
        self.halve = nn.MaxPool2d(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(widths[-1], settings.classes)
        self._pooled = pooled

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.stem(x)))
        for number, block in enumerate(self.blocks, start=1):
            x = block(self.halve(x) if number in self._pooled else x)
        out: Tensor = self.classifier(self.flatten(self.pool(x)))
        return out


def _choices(blocks: int) -> Iterator[Choice]:
    """The block before which the first pooling stands, and for each such block that of the second."""
    yield Choice("first", tuple(range(1, blocks)))
    for first in range(1, blocks - 1):  # the last first one leaves the second no choice
        yield Choice(f"second.{first}", tuple(range(first + 1, blocks + 1)), {"first": (first,)})


def _pooled(architecture: Architecture, blocks: int) -> tuple[int, int]:
    """Numbers of the blocks, from 1, that a pooling stands before."""
    first = int(architecture["first"])
    return first, int(architecture.get(f"second.{first}", blocks))


def layers(architecture: Architecture, blocks: int = 9) -> tuple[int, int, int]:
    """How many layers, of the stem and `blocks` blocks, work at the whole, half and quarter resolution."""
    first, second = _pooled(architecture, blocks)
    return first, second - first, blocks + 1 - second


class _Costs:
    """Exact figures by where the poolings stand."""

    def __init__(self, settings: _Settings) -> None:
        self._settings, widths = settings, settings.widths
        self._blocks = [9 * i * o + 9 * o * o + (i * o if i != o else 0) for i, o in pairwise(widths)]
        self._stem = 9 * settings.input_shape[0] * widths[0]
        self._head = widths[-1] * settings.classes
        norms = 2 * widths[0] + 4 * sum(widths[1:])
        self._params = self._stem + sum(self._blocks) + norms + self._head + settings.classes

    def __call__(self, genomes: IntArray) -> dict[str, FloatArray]:
        """Multiply-adds of one example and parameters, ``(n,)`` each."""
        first = genomes[:, 0] + 1
        second = first + 1 + genomes[:, 1:].sum(axis=1)  # genes of choices that are not active are 0
        macs = np.full(len(genomes), float(self._head))
        pixels = np.array([np.prod(self._settings.sides(pooled)) for pooled in range(3)])
        macs += self._stem * pixels[0]
        for number, weights in enumerate(self._blocks, start=1):
            macs += weights * pixels[(first <= number).astype(int) + (second <= number)]
        return {"macs": macs, "params": np.full(len(genomes), float(self._params))}


def pooling(**parameters: object) -> SearchSpace:
    """The space for given settings (see `_Settings`); without any, a ResNet-20 for 32x32 images in colour.

    Raises:
        InputError: a setting is unknown or does not fit.
    """
    settings, given = of_space("pooling", _Settings, parameters)
    return SearchSpace(
        _choices(settings.blocks),
        name="pooling",
        parameters=given,
        build=lambda architecture: _Network(settings, _pooled(architecture, settings.blocks)),
        inputs=[InputSpec("images", settings.input_shape)],
        costs=_Costs(settings),
    )
