"""FastNAS of NVIDIA's Model Optimizer, which prunes channels to a share of the multiply-adds."""

import copy
from dataclasses import replace
from pathlib import Path

import torch
from _peer_setting import Setting
from torch import nn

from hwnas.contracts.answer import answer_of

# What it imports and does not ask for; with this torchvision, for others ask for another PyTorch.
EXTRAS = ("requests", "torchprofile==0.0.4", "torchvision==0.28.0", "transformers")
MODELOPT = ("nvidia-modelopt==0.47.0", *EXTRAS)
SCORED, BATCHES = 400, 5  # search examples that a score is of, and batches that norms are calibrated with before it


def by_fastnas(setting: Setting) -> Path:
    """The largest share that is as fast as asked for, then tuned; a class derived from a convolution is not taken."""
    setting = replace(setting, network=with_plain_convolutions(copy.deepcopy(setting.network)))
    best = setting.fast_enough(lambda ratio: sought(setting, ratio), "fastnas")
    return setting.healed(best, "fastnas")


def with_plain_convolutions(network: nn.Module) -> nn.Module:
    """The same with those that pad by themselves, as EfficientNet's do, in two layers; not among the lines counted."""
    for parent in list(network.modules()):
        for name, old in list(parent.named_children()):
            if isinstance(old, nn.Conv2d) and type(old) is not nn.Conv2d:
                plain = nn.Conv2d(
                    old.in_channels, old.out_channels, old.kernel_size, old.stride, 0, old.dilation, old.groups,
                    bias=old.bias is not None,
                )  # fmt: skip
                plain.load_state_dict(old.state_dict())
                setattr(parent, name, nn.Sequential(old.static_padding, plain))
    return network.eval()


def sought(setting: Setting, ratio: float) -> nn.Module:
    """As its guide shows, with channels in fours as the other pruner; scores of channels are kept for the next call."""
    import modelopt.torch.prune as mtp

    inputs, _ = setting.examples(BATCHES * setting.recipe.batch_size)
    few = setting.task.examples("search").take(slice(0, SCORED))
    images, labels = tuple(map(torch.from_numpy, few.inputs)), torch.from_numpy(few.labels)

    def score(network: nn.Module) -> float:
        with torch.no_grad():
            return float((answer_of(network(*images)).argmax(1) == labels).float().mean())

    fours = mtp.fastnas.FastNASConfig()
    for kind, key in (("nn.Conv2d", "channel_divisor"), ("nn.BatchNorm2d", "feature_divisor")):
        fours[kind]["*"][key] = 4
    network, _ = mtp.prune(
        copy.deepcopy(setting.network), mode=[("fastnas", fours)], constraints={"flops": f"{100 * (1 - ratio):.1f}%"},
        dummy_input=tuple(x[:1] for x in inputs),
        config={
            "data_loader": list(zip(*(x.split(setting.recipe.batch_size) for x in inputs), strict=True)),
            "collect_func": lambda batch: batch, "score_func": score, "max_iter_data_loader": BATCHES,
            "checkpoint": str(setting.folder / "fastnas_scores.pth"), "verbose": False,
        },
    )  # fmt: skip
    return network
