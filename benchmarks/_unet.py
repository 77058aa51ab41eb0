"""A segmentation network as people write one: a U-Net of three levels, and garments over one another to tell apart."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.tasks.fashion_mnist import fashion_mnist

CLASSES, PIXELS = 11, 40  # ten garments and what lies behind them; of a canvas
SIZES = {"train": 4000, "search": 1000, "report": 2000}
_GARMENTS, _VISIBLE = 2, 0.1  # on a canvas; the least brightness of a garment's pixel


def _convolutions(below: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (below, width):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """For pictures ``(n, 1, 40, 40)``: scores of each class for every pixel, ``(n, 11, 40, 40)``."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.down1, self.down2 = _convolutions(1, width), _convolutions(width, 2 * width)
        self.bottom = _convolutions(2 * width, 4 * width)
        self.enlarge2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, 2)
        self.enlarge1 = nn.ConvTranspose2d(2 * width, width, 2, 2)
        self.up2, self.up1 = _convolutions(4 * width, 2 * width), _convolutions(2 * width, width)
        self.head = nn.Conv2d(width, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of every class."""
        first = self.down1(x)
        second = self.down2(F.max_pool2d(first, 2))
        y = self.enlarge2(self.bottom(F.max_pool2d(second, 2)))
        y = self.enlarge1(self.up2(torch.cat([y, second], 1)))
        scores: Tensor = self.head(self.up1(torch.cat([y, first], 1)))
        return scores


def unet() -> nn.Module:
    """Untrained, the same each time."""
    torch.manual_seed(0)
    return UNet()


def scattered(split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two garments of Fashion-MNIST on each of `count` canvases, ``(n, 1, 40, 40)``; what each pixel is of."""
    garments = fashion_mnist().examples(split)
    rng = np.random.default_rng(list(SIZES).index(split))
    canvases = np.zeros((count, 1, PIXELS, PIXELS), np.float32)
    labels = np.zeros((count, PIXELS, PIXELS), np.int64)
    for i in range(count):
        for j in rng.integers(len(garments), size=_GARMENTS):
            picture = garments.inputs[0][j, 0]
            height, width = picture.shape
            top, left = rng.integers(0, (PIXELS - height + 1, PIXELS - width + 1))
            place = (slice(top, top + height), slice(left, left + width))
            seen = picture > _VISIBLE
            canvases[i, 0][place][seen] = picture[seen]
            labels[i][place][seen] = garments.labels[j] + 1
    return canvases, labels
