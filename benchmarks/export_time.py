"""Claim: a 20-block network is written as ONNX in at most 0.3 s, with the operators PyTorch's own exporter ends with.

Random architectures of the full-size `mobilenetv3` space at 160 pixels, every stage at its full depth of four blocks,
are written by both, turn and turn about, after one unmeasured turn each; on one thread, in wall time and in the
process's processor time (the fairer of the two on a busy machine). Each pair of files is then compared: operators,
and logits in ONNX Runtime on the same random inputs. Other networks, with random weights, are told beside it, and how
the times of the two files compare there, in turns: PyTorch's own exporter leaves operators that do nothing (dropout, a
mask of nothing), so these may differ.

Run:  python benchmarks/export_time.py [--networks 10]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from _peer_setting import Answer
from _saving import save
from _small_vit import small_vit
from int8_by_network import untrained_minilm
from torch import Tensor, nn

from hwnas.contracts.files import write_atomic
from hwnas.contracts.search_space import InputSpec
from hwnas.export._stock import stock_export
from hwnas.export.writer import example, write_onnx
from hwnas.spaces.mobilenetv3 import mobilenetv3

PIXELS = 160
TARGET_SECONDS = 0.3
TURNS = 2  # of the other networks, which PyTorch's exporter takes many seconds for
RUNS = 100  # of each file
SPACE = mobilenetv3(input_shape=(3, PIXELS, PIXELS))


def network(seed: int) -> nn.Module:
    """A random network of 20 blocks, with random batch-norm statistics so that folding has something to do."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    options = {choice.name: choice.options[rng.integers(len(choice.options))] for choice in SPACE.choices}
    options |= {c.name: c.options[-1] for c in SPACE.choices if "depth" in c.name}
    assert SPACE.build is not None
    module = SPACE.build(SPACE.architecture(options)).eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return module


def distilbert() -> nn.Module:
    """Of the usual size, for eight classes."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    return DistilBertForSequenceClassification(DistilBertConfig(num_labels=8))


def gpt2() -> nn.Module:
    """Small, for 1,000 words."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(vocab_size=1000, n_embd=256, n_layer=4, n_head=4, use_cache=False))


class Recurrent(nn.Module):
    """Two layers, of which the last output counts."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.head = nn.LSTM(64, 128, 2, batch_first=True), nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.head(self.layers(x)[0][:, -1])  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """PyTorch's own."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(128, 4, 256, batch_first=True, norm_first=True)
        self.layers, self.head = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False), nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.head(self.layers(x).mean(1))  # type: ignore[no-any-return]


def step(wide: int, narrow: int) -> nn.Sequential:
    """Of a U-Net."""
    return nn.Sequential(nn.Conv2d(wide, narrow, 3, padding=1), nn.GroupNorm(4, narrow), nn.PReLU(narrow))


class UNet(nn.Module):
    """Two levels below the image."""

    def __init__(self) -> None:
        super().__init__()
        self.top, self.middle, self.bottom = step(1, 16), step(16, 32), step(32, 64)
        self.up, self.larger = nn.ConvTranspose2d(64, 32, 2, 2), nn.Upsample(scale_factor=2)
        self.joined, self.last = step(64, 32), nn.Conv2d(48, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of each pixel."""
        top = self.top(x)
        middle = self.middle(F.max_pool2d(top, 2))
        below = self.joined(torch.cat([middle, self.up(self.bottom(F.max_pool2d(middle, 2)))], 1))
        return self.last(torch.cat([top, self.larger(below)], 1))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Written:
    """A network to be written."""

    module: nn.Module
    inputs: Sequence[InputSpec]


def others() -> dict[str, Written]:
    """Each in evaluation mode."""
    texts = [InputSpec("ids", (48,), "int64", 1000), InputSpec("mask", (48,), "int64", 2)]
    torch.manual_seed(0)
    return {
        "vit: four layers, 64 wide": Written(Answer(small_vit()).eval(), [InputSpec("images", (1, 28, 28))]),
        "a BERT as large as MiniLM: six layers, 384 wide": Written(Answer(untrained_minilm()).eval(), texts),
        "DistilBERT: six layers, 768 wide": Written(Answer(distilbert()).eval(), texts),
        "GPT-2: four layers, 256 wide": Written(Answer(gpt2()).eval(), texts[:1]),
        "nn.LSTM: two layers, 128 wide": Written(Recurrent().eval(), [InputSpec("x", (50, 64))]),
        "nn.TransformerEncoder: four layers, 128 wide": Written(Encoder().eval(), [InputSpec("x", (64, 128))]),
        "a U-Net: 16 to 64 channels": Written(UNet().eval(), [InputSpec("x", (1, 64, 64))]),
    }


def ours(network: Written, path: Path) -> None:
    """What hwnas does."""
    write_onnx(network.module, network.inputs, path)


def stock(network: Written, path: Path) -> None:
    """What PyTorch's exporter does, written as atomically."""
    examples = [example(spec, 1) for spec in network.inputs]
    model = stock_export(network.module, examples, [spec.name for spec in network.inputs], dynamic_batch=False)
    write_atomic(path, model.SerializeToString())


WAYS = {"ours": ours, "stock": stock}


def timed(write: Callable[[Written, Path], None], network: Written, path: Path) -> dict[str, float]:
    """Wall and processor seconds of writing one network."""
    wall, cpu = time.perf_counter(), time.process_time()
    write(network, path)
    return {"wall_seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}


def operators(path: Path) -> Counter[str]:
    """How often each operator occurs in a file."""
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def difference(network: Written, a: Path, b: Path) -> float:
    """Largest difference of a logit, as a share of the largest logit."""
    inputs = {spec.name: example(spec, 1).numpy() for spec in network.inputs}
    first, second = (onnxruntime.InferenceSession(path).run(None, inputs)[0] for path in (a, b))
    return float(np.abs(first - second).max() / np.abs(second).max())


def summary(times: dict[str, list[dict[str, float]]]) -> dict[str, object]:
    """Of the turns of both ways, the first left out."""
    figures: dict[str, dict[str, float]] = {
        name: {
            **{f"median_{unit}": statistics.median(t[unit] for t in rows[1:]) for unit in rows[0]},
            "slowest_wall_seconds": max(t["wall_seconds"] for t in rows[1:]),
            "first_wall_seconds": rows[0]["wall_seconds"],
        }
        for name, rows in times.items()
    }
    ratios = {
        f"ratio_{unit}": figures["stock"][f"median_{unit}_seconds"] / figures["ours"][f"median_{unit}_seconds"]
        for unit in ("wall", "cpu")
    }
    return {**figures, **ratios}


def times_as_long(network: Written, paths: Iterable[Path]) -> float:
    """What the first file takes of the other's time, by medians of processor time on one thread, run in turns."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [onnxruntime.InferenceSession(path, options) for path in paths]
    inputs = {spec.name: example(spec, 1).numpy() for spec in network.inputs}
    spent: list[list[float]] = [[], []]
    for _ in range(RUNS):
        for session, seconds in zip(sessions, spent, strict=True):
            began = time.thread_time()
            session.run(None, inputs)
            seconds.append(time.thread_time() - began)
    return statistics.median(spent[0]) / statistics.median(spent[1])


def beside(network: Written, paths: dict[str, Path]) -> dict[str, object]:
    """One network written by both, `TURNS` times each after one unmeasured turn."""
    times = {name: [timed(write, network, paths[name]) for _ in range(TURNS + 1)] for name, write in WAYS.items()}
    found, theirs = (operators(paths[name]) for name in ("ours", "stock"))
    return {
        **summary(times),
        "operators_only_ours": dict(found - theirs),
        "operators_only_stock": dict(theirs - found),
        "relative_difference_of_outputs": difference(network, *paths.values()),
        "times_as_long_to_run": times_as_long(network, paths.values()),
    }


def main() -> None:
    """Run, compare, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=10)
    networks = parser.parse_args().networks
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    times: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    same, differences, blocks = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.onnx" for name in WAYS}
        for seed in range(networks + 1):
            written = Written(network(seed), SPACE.inputs)
            for name, write in WAYS.items():
                times[name].append(timed(write, written, paths[name]))
            same.append(operators(paths["ours"]) == operators(paths["stock"]))
            differences.append(difference(written, *paths.values()))
            blocks.append(sum(type(layer).__name__ == "_Block" for layer in written.module.modules()))
            print(f"{seed}: " + ", ".join(f"{k} {v[-1]['wall_seconds']:.3f} s" for k, v in times.items()))
        found = {name: beside(written, paths) for name, written in others().items()}
    result = {
        "networks": networks,
        "blocks": sorted(set(blocks)),
        "pixels": PIXELS,
        "target_seconds": TARGET_SECONDS,
        "load_average_before_and_after": [load, os.getloadavg()[0]],
        **summary(times),
        "networks_with_the_same_operators": sum(same) / len(same),
        "largest_relative_difference_of_outputs": max(differences),
        "others": found,
        "versions": {"torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
    }
    save("export_time", __doc__ or "", result)


if __name__ == "__main__":
    main()
