"""Not a claim: what INT8 costs a trained transformer, by what is put into integers and how ranges are found.

MiniLM, trained as `shrink_peers.py` trains it to sort the texts of R8, evaluated on the report's texts. The model file
is quantised whole: as `hwnas export --bundle` does, and with the scores of attention, as ONNX Runtime's tool would have
it; and its linear layers alone are, as a search with bits does.

Run:  python benchmarks/int8_transformer.py FOLDER    (that of `shrink_peers.py FOLDER --network minilm`)
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _peer_setting import Answer
from _peer_subjects import SUBJECTS
from _saving import save
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from safetensors.torch import load_file
from torch import nn

from hwnas.contracts.mixed import Ranges
from hwnas.contracts.quiet import quiet
from hwnas.export.quantised import _Examples, quantise
from hwnas.export.scoring import outputs_of_file
from hwnas.export.writer import write_onnx
from hwnas.spaces._mixed import MixedPrecision

CALIBRATION = 128  # texts, as a search with bits takes


def main() -> None:
    """Load, write all files, evaluate, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    subject = SUBJECTS["minilm"]
    network = subject.network(folder / "packages")
    network.load_state_dict(load_file(folder / "original.safetensors"))
    whole = Answer(network).eval()
    task = subject.task(folder / "packages", subject.examples)
    report, calibration = task.examples("report"), task.examples("train").take(range(CALIBRATION)).inputs
    linear = tuple(name for name, layer in whole.named_modules() if isinstance(layer, nn.Linear))
    made = folder / "int8"
    made.mkdir(exist_ok=True)
    plain = write_onnx(whole, task.inputs, made / "float32.onnx")

    def layers(ranges: Ranges) -> Callable[[Path], Path]:
        return lambda path: write_onnx(MixedPrecision(whole, linear, calibration, ranges), task.inputs, path)

    def everything(path: Path) -> Path:
        with quiet():
            quantize_static(
                str(plain), str(path), _Examples(plain, calibration), quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
            )  # fmt: skip
        return path

    ways: dict[str, Callable[[Path], Path]] = {
        "the whole file, scores of attention too": everything,
        "the whole file as `hwnas export --bundle`": lambda path: quantise(plain, path, calibration),
        "linear layers, `minmax`": layers("minmax"),
        "linear layers, `percentile`": layers("percentile"),
        "linear layers, `entropy`": layers("entropy"),
    }

    def answers(path: Path) -> np.ndarray:
        return np.concatenate([*outputs_of_file(path, report.inputs)]).argmax(axis=1)

    expected = answers(plain)
    told = {"float32": {"accuracy": float((expected == report.labels).mean())}}
    for i, (name, write) in enumerate(ways.items()):
        own = answers(write(made / f"{i}.onnx"))
        told[name] = {
            "accuracy": float((own == report.labels).mean()),
            "agreement_with_float32": float((own == expected).mean()),
        }
        print(name, told[name], flush=True)
    save("int8_transformer", __doc__ or "", {"texts": len(report), "calibration_texts": CALIBRATION, "ways": told})


if __name__ == "__main__":
    main()
