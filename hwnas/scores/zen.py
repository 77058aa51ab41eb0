"""Zen-score (Lin et al. 2021, arXiv:2102.01063): how much the last features of a random network move with the input.

Weights are drawn from N(0, 1), norms are neutral; the score is the logarithm of the mean change of the last feature map
when an input of noise is moved by a hundredth of other noise, and of the scales that batch-norms took out on the way,
which would otherwise be forgotten. Averaged over repeats. It looks at the examples' shape only.
"""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hwnas.scores._networks import copied, weights

REPEATS, BATCH, STEP = 8, 16, 0.01


def zen(network: nn.Module, inputs: Tensor, labels: Tensor) -> float:  # noqa: ARG001  labels are of no use to it
    """Mean over eight draws (the paper took 32)."""
    twin = copied(network).requires_grad_(requires_grad=False)
    generator = torch.Generator().manual_seed(0)
    features: list[Tensor] = []
    scales: list[Tensor] = []

    def remember(module: nn.Module, arguments: object, out: object) -> None:  # noqa: ARG001
        if isinstance(out, Tensor) and out.ndim == 4 and out.shape[-1] * out.shape[-2] > 1:
            features.append(out)

    def weigh(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:  # noqa: ARG001
        x = arguments[0]
        variance = x.transpose(0, 1).flatten(1).var(dim=1, unbiased=False)
        scales.append(variance.mean().sqrt().log())

    for module in twin.modules():
        module.register_forward_hook(remember)
        if isinstance(module, _BatchNorm):
            module.register_forward_pre_hook(weigh)
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    terms = []
    for _ in range(REPEATS):
        for weight in weights(twin):
            weight.copy_(torch.randn(weight.shape, generator=generator))
        x, z = torch.randn(2, BATCH, *inputs.shape[1:], generator=generator)
        scales.clear()
        before = _last(twin, x, features)
        taken_out = torch.stack(scales).sum() if scales else torch.zeros(())
        after = _last(twin, x + STEP * z, features)
        terms.append((before - after).abs().mean().log() + taken_out)
    return float(torch.stack(terms).mean())


def _last(network: nn.Module, x: Tensor, features: list[Tensor]) -> Tensor:
    """The last feature map, or the output of a network that has none."""
    features.clear()
    out: Tensor = network(x)
    return features[-1] if features else out
