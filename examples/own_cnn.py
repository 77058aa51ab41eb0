"""A convolutional network of one's own, trained on handwritten digits, made twice as fast on this machine.

Run:  python examples/own_cnn.py [--device cpu:threads=1] [--out runs/digits]     (about three minutes)
"""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn

import hwnas


class Residual(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.first_norm = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.second, self.second_norm = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape kept."""
        y = self.first_norm(self.first(x)).relu()
        out: torch.Tensor = (x + self.second_norm(self.second(y))).relu()
        return out


def make(width: int = 64) -> nn.Module:
    """For pictures ``(n, 1, 8, 8)``; nothing in it knows of hwnas."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), Residual(width), nn.MaxPool2d(2), Residual(width),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10),
    )  # fmt: skip


def train(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    """In whatever way: here the shortest."""
    optimizer = torch.optim.AdamW(network.train().parameters(), lr=2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
            optimizer.step()
    return network.eval()


def main() -> None:
    """Train, shrink, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu:threads=1")
    parser.add_argument("--out", default="runs/digits")
    parser.add_argument("--quick", action="store_true", help="badly, in seconds")
    options = parser.parse_args()
    torch.manual_seed(0)

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    few = torch.randperm(len(labels))
    learn, choose, tell = few[:1200], few[1200:1500], few[1500:]
    network = train(make(16 if options.quick else 64), images[learn], labels[learn], 1 if options.quick else 15)

    task = hwnas.task(
        (images[learn], labels[learn]), search=(images[choose], labels[choose]), report=(images[tell], labels[tell]),
        name="digits",
    )  # fmt: skip
    quick = {"samples": 24, "evaluations": 16, "preset": "rapid", "best": 1} if options.quick else {}
    found = hwnas.shrink(network, task, options.device, folder=options.out, speedup=2, **quick)

    original, smaller = found.original, found.member
    print(f"yours:   {original.latency_ms:.3f} ms, {original.score:.1%} of {len(tell)} digits right")
    print(f"smaller: {smaller.latency_ms:.3f} ms, {smaller.score:.1%} ({found.front.beside_original(smaller)})")
    print(f"an ordinary {type(found.module).__name__} as found.module, the same as a file: {found.onnx}")
    print(f"all that was found: {found.report}")


if __name__ == "__main__":
    main()
