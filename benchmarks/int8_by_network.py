"""Not a claim: how many times as long networks take with every layer in INT8, timed in turns with float32.

Random weights and made-up examples: only time matters here. Files are written as a search with bits writes them.

Run:  python benchmarks/int8_by_network.py [--device cpu:threads=1]
The results of another device, such as ``openvino:threads=1,python=PATH``, and of processors without instructions for
four products of bytes (AVX2 alone), are kept apart.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from _peer_setting import Answer
from _saving import save
from _small_vit import small_vit
from int8_recovery import depthwise
from torch import nn

import hwnas
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.export.architecture import write_architecture
from hwnas.pipeline.open import open_space
from hwnas.pipeline.reports.int8_worth import WIDE


def convolutions(architecture: Mapping[str, object]) -> nn.Module:
    """So many 3x3 convolutions of 32 channels with ReLU."""
    layers = [
        part for _ in range(int(str(architecture["layers"])) - 1) for part in (nn.Conv2d(32, 32, 3, 1, 1), nn.ReLU())
    ]
    return nn.Sequential(nn.Conv2d(3, 32, 3, 1, 1), nn.ReLU(), *layers)


def untrained_minilm() -> nn.Module:
    """A BERT of MiniLM's size for eight classes."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, num_labels=8,
        attn_implementation="eager",
    )  # fmt: skip
    return BertForSequenceClassification(config)


def networks() -> dict[str, tuple[SearchSpace, Architecture]]:
    """Each with the space it is of, in float32 there."""
    plain = SearchSpace([Choice("layers", (4, 8))], build=convolutions, inputs=[InputSpec("image", (3, 32, 32))])
    only, small_image = [Choice("only", (0, 1))], [InputSpec("image", (1, 28, 28))]
    pairs = SearchSpace(only, build=lambda _: depthwise(), inputs=small_image)
    vit = SearchSpace(only, build=lambda _: Answer(small_vit()), inputs=small_image)
    texts = [InputSpec("ids", (48,), "int64", high=1000), InputSpec("mask", (48,), "int64", high=2)]
    bert = SearchSpace(only, build=lambda _: Answer(untrained_minilm()), inputs=texts)
    full, small = open_space("mobilenetv3"), open_space("mobilenetv3_grey28")
    return {
        "eight 3x3 convolutions of 32 channels with ReLU, 32x32": (plain, plain.largest),
        "depthwise and pointwise convolutions with ReLU, 28x28": (pairs, pairs.largest),
        "`mobilenetv3`, middle, 224x224 (hard-swish, squeeze-and-excitation)": (full, full.middle),
        "`mobilenetv3_grey28`, largest, 28x28 (the same)": (small, small.largest),
        "`mobilenetv3_grey28`, middle, 28x28 (the same)": (small, small.middle),
        "a vision transformer of four layers, 64 wide, 50 tokens": (vit, vit.largest),
        "a BERT as large as MiniLM: six layers, 384 wide, 48 tokens": (bert, bert.largest),
    }


def main() -> None:
    """Write both files of each, time them in turns, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu:threads=1")
    device = parser.parse_args().device
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, (space, architecture)) in enumerate(networks().items()):
            bits = hwnas.with_bits(space, "all")
            whole = bits.architecture(architecture)  # all of its layers are in INT8, there is nothing to choose
            files = [
                write_architecture(space, architecture, Path(folder) / f"{i}_float32.onnx"),
                write_architecture(bits, whole, Path(folder) / f"{i}_int8.onnx"),
            ]
            beside = hwnas.measure(files, device)
            float32, int8 = beside.models
            told[name] = {
                "times_as_long": round(int8.times, 3),
                "interval": [round(end, 3) for end in int8.times_interval],
                "float32_ms": round(float32.latency_ms, 4),
                "bytes": [float32.size_bytes, int8.size_bytes],
                "verdict": beside.verdict,
            }
    card = hwnas.open_device(device).card()
    kind = card.device.partition(":")[0]
    has = set(card.settings.get("instructions", "unknown").split())
    apart = [*([kind] if kind != "cpu" else []), *(["avx2"] if "avx2" in has and not has & WIDE else [])]
    name = "_".join(["int8_by_network", *apart])
    save(name, __doc__ or "", {"device": kind, "runtime": card.runtime, "networks": told})


if __name__ == "__main__":
    main()
