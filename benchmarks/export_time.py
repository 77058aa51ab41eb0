"""Claim: a 20-block network is written as ONNX in at most 0.3 s, with the operators PyTorch's own exporter ends with.

Random architectures of the full-size `mobilenetv3` space at 160 pixels, every stage at its full depth of four blocks,
are written by both, turn and turn about, after one unmeasured turn each; on one thread, in wall time and in the
process's processor time (the fairer of the two on a busy machine). Each pair of files is then compared: operators,
and logits in ONNX Runtime on the same random images.

Run:  python benchmarks/export_time.py [--networks 10]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from _saving import save
from torch import nn

from hwnas.contracts.files import write_atomic
from hwnas.export._stock import stock_export
from hwnas.export.writer import write_onnx
from hwnas.spaces.mobilenetv3 import mobilenetv3

PIXELS = 160
TARGET_SECONDS = 0.3
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


def ours(module: nn.Module, path: Path) -> None:
    """What hwnas does."""
    write_onnx(module, SPACE.inputs, path)


def stock(module: nn.Module, path: Path) -> None:
    """What PyTorch's exporter does, written as atomically."""
    model = stock_export(module, [torch.randn(1, *SPACE.inputs[0].shape)], ["images"], dynamic_batch=False)
    write_atomic(path, model.SerializeToString())


def timed(write: Callable[[nn.Module, Path], None], module: nn.Module, path: Path) -> dict[str, float]:
    """Wall and processor seconds of writing one network."""
    wall, cpu = time.perf_counter(), time.process_time()
    write(module, path)
    return {"wall_seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}


def operators(path: Path) -> Counter[str]:
    """How often each operator occurs in a file."""
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def difference(a: Path, b: Path) -> float:
    """Largest difference of a logit, as a share of the largest logit."""
    images = np.random.default_rng(0).normal(size=(1, *SPACE.inputs[0].shape)).astype(np.float32)
    first, second = (onnxruntime.InferenceSession(path).run(None, {"images": images})[0] for path in (a, b))
    return float(np.abs(first - second).max() / np.abs(second).max())


def main() -> None:
    """Run, compare, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=10)
    networks = parser.parse_args().networks
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    times: dict[str, list[dict[str, float]]] = {"ours": [], "stock": []}
    same, differences, blocks = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = {"ours": Path(folder) / "ours.onnx", "stock": Path(folder) / "stock.onnx"}
        for seed in range(networks + 1):
            module = network(seed)
            for name, write in (("ours", ours), ("stock", stock)):
                times[name].append(timed(write, module, paths[name]))
            same.append(operators(paths["ours"]) == operators(paths["stock"]))
            differences.append(difference(paths["ours"], paths["stock"]))
            blocks.append(sum(type(layer).__name__ == "_Block" for layer in module.modules()))
            print(f"{seed}: " + ", ".join(f"{k} {v[-1]['wall_seconds']:.3f} s" for k, v in times.items()))
    figures = {
        name: {
            **{f"median_{unit}": statistics.median(t[unit] for t in rows[1:]) for unit in rows[0]},
            "slowest_wall_seconds": max(t["wall_seconds"] for t in rows[1:]),
            "first_wall_seconds": rows[0]["wall_seconds"],
        }
        for name, rows in times.items()
    }
    result = {
        "networks": networks,
        "blocks": sorted(set(blocks)),
        "pixels": PIXELS,
        "target_seconds": TARGET_SECONDS,
        "load_average_before_and_after": [load, os.getloadavg()[0]],
        **figures,
        "ratio_wall": figures["stock"]["median_wall_seconds"] / figures["ours"]["median_wall_seconds"],
        "ratio_cpu": figures["stock"]["median_cpu_seconds"] / figures["ours"]["median_cpu_seconds"],
        "networks_with_the_same_operators": sum(same) / len(same),
        "largest_relative_difference_of_outputs": max(differences),
        "versions": {"torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
    }
    save("export_time", __doc__ or "", result)


if __name__ == "__main__":
    main()
