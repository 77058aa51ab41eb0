"""Several networks of one cell of MicroBench that learn side by side, each as it would alone, in less time."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hwnas.contracts.architecture import Architecture
from hwnas.spaces.micro_cell import micro_cell
from hwnas.tasks.digits import digits

EPOCHS = 12
RECIPE = {
    "epochs": EPOCHS,
    "batch_size": 32,
    "optimizer": "SGD, Nesterov momentum",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "weight_decay": 5e-4,
    "schedule": "cosine to zero over all steps, linear warm-up of 12 steps",
}
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


class Together(nn.Module):
    """Several networks of one cell as one: their channels stand side by side in groups that never mix.

    Batch-norm, ReLU and pooling treat every channel alone anyway, and the gradient of the sum of their losses is each
    one's own; so they learn just as they would apart, in little more time than one of them.
    """

    def __init__(self, architecture: Architecture, seeds: range) -> None:
        super().__init__()
        build = micro_cell().build
        assert build is not None
        members = []
        for seed in seeds:
            torch.manual_seed(seed)
            members.append(build(architecture))
        self.body, self.n = build(architecture), len(members)
        for name, module in list(self.body.named_modules()):
            parts = [member.get_submodule(name) for member in members]
            owner, _, leaf = name.rpartition(".")
            if isinstance(module, nn.Conv2d):
                joined = nn.Conv2d(
                    module.in_channels * self.n, module.out_channels * self.n, module.kernel_size, module.stride,
                    module.padding, groups=self.n, bias=False,
                )  # fmt: skip
                joined.weight.data = torch.cat([part.weight.data for part in parts])
                setattr(self.body.get_submodule(owner), leaf, joined)
            elif isinstance(module, nn.BatchNorm2d):
                setattr(self.body.get_submodule(owner), leaf, nn.BatchNorm2d(module.num_features * self.n))
        self.body.classifier = nn.Identity()
        self.weight = nn.Parameter(torch.stack([member.classifier.weight.data for member in members]))
        self.bias = nn.Parameter(torch.stack([member.classifier.bias.data for member in members]))

    def forward(self, x: Tensor) -> Tensor:
        """Images ``(b, n, 8, 8)``, one of each network's own, to logits ``(n, b, classes)``."""
        features = self.body(x).unflatten(1, (self.n, -1)).transpose(0, 1)
        return torch.baddbmm(self.bias[:, None], features, self.weight.transpose(1, 2))


class Data:
    """The three splits as tensors."""

    def __init__(self) -> None:
        task = digits()
        self.x, self.y = {}, {}
        for split in ("train", "search", "report"):
            examples = task.examples(split)  # type: ignore[arg-type]
            self.x[split] = torch.from_numpy(examples.inputs[0])
            self.y[split] = torch.from_numpy(examples.labels)


def plain(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:  # noqa: ARG001
    """Cross-entropy of ``(n * b, classes)``, each."""
    return F.cross_entropy(logits, labels, reduction="none")


def trained(
    architecture: Architecture, seeds: range, epochs: float, data: Data, loss: Loss = plain
) -> Iterator[tuple[Together, Tensor]]:
    """The networks, and for each seed its mean loss ``(n,)``, after every epoch, the last one maybe cut short."""
    network = Together(architecture, seeds).train()
    optimizer = torch.optim.SGD(network.parameters(), 0.1, 0.9, nesterov=True, weight_decay=5e-4)
    x, y = data.x["train"], data.y["train"]
    per_epoch = len(x) // 32
    steps = round(epochs * per_epoch)
    losses: list[Tensor] = []
    for step in range(steps):
        epoch, within = divmod(step, per_epoch)
        if within == 0:
            drawn = [np.random.default_rng((seed, epoch)).permutation(len(x)) for seed in seeds]
            order, losses = torch.from_numpy(np.stack(drawn)), []
        rows = order[:, within * 32 : within * 32 + 32]
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * min(1.0, (step + 1) / 12) * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimizer.zero_grad()
        logits = network(x[rows][:, :, 0].transpose(0, 1))
        value = loss(logits.flatten(0, 1), y[rows].flatten(), rows.flatten()).unflatten(0, rows.shape).mean(1)
        value.sum().backward()
        optimizer.step()
        losses.append(value.detach())
        if within + 1 == per_epoch or step + 1 == steps:
            yield network, torch.stack(losses).mean(0)


def accuracies(network: Together, data: Data, *splits: str) -> Tensor:
    """Shares that are right of each split, ``(n, splits)``, with batch statistics measured anew on 128 examples.

    So soon after a step the running ones lag behind the weights, and an accuracy would be one of chance.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    kept = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in norms]  # type: ignore[union-attr]
    right = []
    with torch.no_grad():
        for norm in norms:
            norm.momentum = 1.0
        network(data.x["train"][:128].expand(-1, network.n, -1, -1))
        network.eval()
        for split in splits:
            logits = network(data.x[split].expand(-1, network.n, -1, -1))
            right.append((logits.argmax(2) == data.y[split]).double().mean(1))
    for norm, (mean, variance) in zip(norms, kept, strict=True):
        norm.momentum = 0.1
        norm.running_mean, norm.running_var = mean, variance
    network.train()
    return torch.stack(right, 1)
