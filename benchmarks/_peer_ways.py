"""The ways in which `shrink_peers` makes a trained network faster: hwnas, and what people use today."""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from _peer_fastnas import MODELOPT, by_fastnas, sought
from _peer_olive import OLIVE, by_olive, quantised_by_olive
from _peer_setting import Setting
from torch import nn

import hwnas
from hwnas.contracts.answer import answer_of
from hwnas.export.quantised import quantise

DEVICE = "cpu:threads=1"
BUSY = 20  # times that a call is tried which ends for other work on the machine


@dataclass(frozen=True)
class Way:
    """Of making a network faster.

    Args:
        make: the file, of the setting.
        user: what a user of it writes, in this form or another; tuning is not in it, for that is alike for all.
        packages: of an environment of its own that it runs in; none: it runs here.
    """

    make: Callable[[Setting], Path]
    user: tuple[Callable[..., object], ...]
    packages: tuple[str, ...] = ()


def by_hwnas(setting: Setting, bits: str | None = None) -> Path:
    """The way that is claimed to be good."""
    for _ in range(BUSY):
        with suppress(hwnas.DeviceError):  # goes on where it stood
            return shrunk(setting, bits)
    raise hwnas.DeviceError(f"The machine was too busy {BUSY} times; stop other work.")


def shrunk(setting: Setting, bits: str | None) -> Path:
    """As the README shows."""
    found = hwnas.shrink(
        setting.network, setting.task, DEVICE,
        folder=setting.folder / ("hwnas_bits" if bits else "hwnas"), speedup=setting.speedup, bits=bits,
        recipe=setting.recipe, **setting.subject.shrink,
    )  # fmt: skip
    return found.onnx


def by_pruning(setting: Setting, importance: str) -> Path:
    """Torch-Pruning: one ratio for all channels and heads, as fast as asked for, then tuned."""
    best = setting.fast_enough(lambda ratio: pruned(setting, importance, ratio), importance)
    return setting.healed(best, importance)


def by_pruning_and_int8(setting: Setting, importance: str) -> Path:
    """The same with eight bits in the end: as fast as asked for with these."""
    name = f"{importance}_int8"
    best = setting.fast_enough(
        lambda ratio: pruned(setting, importance, ratio), name, lambda path: in_int8(setting, path)
    )
    return in_int8(setting, setting.healed(best, f"{name}_float32")).rename(setting.folder / f"{name}.onnx")


def pruned(setting: Setting, importance: str, ratio: float) -> nn.Module:
    """As its README and its example for Hugging Face's BERT show."""
    import torch_pruning as tp

    network = copy.deepcopy(setting.network)
    inputs, labels = setting.examples(512)
    kinds = {"l2": tp.importance.GroupMagnitudeImportance(p=2), "taylor": tp.importance.GroupTaylorImportance()}
    attentions = [module for module in network.modules() if hasattr(module, "num_attention_heads")]
    heads = {part: a.num_attention_heads for a in attentions for part in (a.query, a.key, a.value)}
    pruner = tp.pruner.BasePruner(
        network, tuple(x[:1] for x in inputs), importance=kinds[importance], pruning_ratio=ratio,
        ignored_layers=[network.get_submodule(setting.subject.head)], round_to=None if heads else 4,
        num_heads=heads, prune_num_heads=bool(heads), head_pruning_ratio=ratio,
        output_transform=lambda output: answer_of(output).sum(),
    )  # fmt: skip
    if importance == "taylor":
        for part in torch.arange(len(labels)).split(64):
            logits = answer_of(network(*(x[part] for x in inputs)))
            (nn.functional.cross_entropy(logits, labels[part]) * len(part) / len(labels)).backward()
    pruner.step()
    for attention in attentions:
        attention.num_attention_heads = pruner.num_heads[attention.query]
        attention.all_head_size = attention.query.out_features
        attention.attention_head_size = attention.query.out_features // attention.num_attention_heads
    network.zero_grad()
    return network


def by_int8(setting: Setting) -> Path:
    """The original with eight bits, as `hwnas export --bundle` makes it."""
    return in_int8(setting, setting.folder / "original.onnx").rename(setting.folder / "int8.onnx")


def in_int8(setting: Setting, path: Path) -> Path:
    """A file with eight bits beside another one."""
    made = path.with_name(f"{path.stem}_as_int8.onnx")
    quantise(path, made, setting.task.examples("train").take(slice(0, 500)).inputs)
    return made


WAYS = {
    "hwnas": Way(by_hwnas, (shrunk,)),
    "hwnas_bits": Way(lambda setting: by_hwnas(setting, "block"), (shrunk,)),
    "l2": Way(lambda setting: by_pruning(setting, "l2"), (pruned, Setting.fast_enough)),
    "taylor": Way(lambda setting: by_pruning(setting, "taylor"), (pruned, Setting.fast_enough)),
    "fastnas": Way(by_fastnas, (sought, Setting.fast_enough), MODELOPT),
    "int8": Way(by_int8, (in_int8,)),
    "l2_int8": Way(lambda setting: by_pruning_and_int8(setting, "l2"), (pruned, Setting.fast_enough, in_int8)),
    "taylor_int8": Way(lambda setting: by_pruning_and_int8(setting, "taylor"), (pruned, Setting.fast_enough, in_int8)),
    "olive": Way(by_olive, (quantised_by_olive,), OLIVE),
}
