"""Makes MicroBench: every cell of the space `micro_cell` trained on real digits, and timed on this machine.

Three seeds of twelve epochs, with the loss and both accuracies after every epoch; besides, for each seed, one epoch
with a schedule of its own: plain, with distillation from a teacher (Hinton et al. 2015), and one and a half plain
epochs, which take about as long as one with distillation. Killed at any moment, the same command continues.

Run:  python benchmarks/make_micro_bench.py              all of it, on an idle machine; or by parts:
      python benchmarks/make_micro_bench.py images       cuts scikit-learn's copy of the digits into the splits
      python benchmarks/make_micro_bench.py train        about 15 minutes of one core
      python benchmarks/make_micro_bench.py time         about half a minute
      python benchmarks/make_micro_bench.py pack         writes micro_bench/micro_cell.json.gz
"""

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from _cells_side_by_side import EPOCHS, RECIPE, Data, Loss, accuracies, plain, trained
from _lines import append, whole_lines
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional as F

from hwnas.archive import Archive
from hwnas.archive.provenance import code_version
from hwnas.contracts.architecture import Architecture
from hwnas.contracts.files import write_atomic
from hwnas.contracts.shipped import data_folder
from hwnas.devices import open_device
from hwnas.genomes.listing import every_genome
from hwnas.pipeline.tables.time_architectures import profile_space
from hwnas.problems.micro_bench import Table
from hwnas.profiling.presets import find_preset
from hwnas.profiling.table import LatencyTable
from hwnas.spaces.micro_cell import micro_cell
from hwnas.tasks.digits import cut_splits

WORK = Path("runs/micro_bench")
ROOM = data_folder() / "micro_bench"
SEEDS = 3
TEACHER_SEED = 1000
HINTS = {
    "distillation": "one epoch of 0.1 x cross-entropy + 0.9 x 16 x KL at temperature 4",
    "teacher": "the largest cell, trained with this recipe for 30 epochs",
}


def distilling(teacher: Tensor) -> Loss:
    """One tenth labels, nine tenths the teacher's logits ``(examples, classes)``."""

    def loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        soft = F.kl_div(
            F.log_softmax(logits / 4, 1), F.log_softmax(teacher[rows] / 4, 1), reduction="none", log_target=True
        )
        return 0.1 * plain(logits, labels, rows) + 0.9 * 16 * soft.sum(1)

    return loss


def record(architecture: Architecture, data: Data, distil: Loss) -> dict[str, object]:
    """Everything measured of one cell, all seeds."""
    seeds, began, losses, search = range(SEEDS), time.process_time(), [], []
    for network, loss in trained(architecture, seeds, EPOCHS, data):
        losses.append(loss.double().numpy())
        search.append(accuracies(network, data, "search")[:, 0].numpy())
    report = accuracies(network, data, "report")[:, 0]
    seconds = {"plain12": time.process_time() - began}
    short = {}
    for name, epochs, objective in (("plain1", 1, plain), ("distilled1", 1, distil), ("plain1.5", 1.5, plain)):
        began = time.process_time()
        *_, (network, _) = trained(architecture, seeds, epochs, data, objective)
        short[name] = accuracies(network, data, "search")[:, 0].numpy().round(4).tolist()
        seconds[name] = time.process_time() - began
    return {
        "architecture": dict(architecture),
        "loss": np.stack(losses, 1).round(4).tolist(),
        "search": np.stack(search, 1).round(4).tolist(),
        "report": report.numpy().round(4).tolist(),
        **short,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
    }


def cut() -> None:
    """Write the images of the three splits."""
    whole = load_digits()
    for name, content in cut_splits(whole.images.astype(np.uint8), whole.target.astype(np.uint8)).items():
        write_atomic(ROOM / "images" / name, content)


def train() -> None:
    """Append one line for each cell that is missing."""
    torch.set_num_threads(1)
    space, data = micro_cell(), Data()
    path = WORK / "trained.jsonl"
    done = {json.dumps(json.loads(line)["architecture"]) for line in whole_lines(path)}
    *_, (network, _) = trained(space.largest, range(TEACHER_SEED, TEACHER_SEED + 1), 30, data)
    with torch.no_grad():
        teacher = network.eval()(data.x["train"])[0]
    for genome in np.random.default_rng(0).permutation(every_genome(space)):
        architecture = space.decode(genome)
        if json.dumps(dict(architecture)) not in done:
            append(path, record(architecture, data, distilling(teacher)))


def time_all() -> None:
    """Time all 256 networks in interleaved rounds, and write a latency table."""
    space = micro_cell()
    with Archive(WORK / "timings.db") as archive:
        table = profile_space(
            space,
            open_device("cpu:threads=1"),
            archive,
            samples=space.count(),
            preset=find_preset("rapid"),
            seed=0,
            progress=lambda *_: None,
        )
    print(table.verdict, len(table.rows))
    table.write(WORK / "latency.json")


def pack(lines: list[str] | None = None, target: Path = ROOM / "micro_cell.json.gz") -> None:
    """Join what was trained and what was timed into the file that ships."""
    space = micro_cell()
    assert space.costs is not None
    timed = LatencyTable.read(WORK / "latency.json")
    latency = {space.architecture(row.architecture): row for row in timed.rows}
    learnt = {}
    for line in map(json.loads, lines or whole_lines(WORK / "trained.jsonl")):
        learnt[space.architecture(line.pop("architecture"))] = line
    rows = []
    for genome in every_genome(space):
        architecture = space.decode(genome)
        costs = {name: float(values[0]) for name, values in space.costs(genome[None]).items()}
        found, when = learnt[architecture], latency[architecture]
        found["seconds"]["full"] = found["seconds"].pop("plain12")
        rows.append(
            {
                "cell": list(architecture.values()),
                **costs,
                "latency_ms": when.latency_ms,
                "latency_ms_interval": when.latency_ms_interval,
                **found,
            }
        )
    table = Table.of_fields(
        {
            "seeds": SEEDS,
            "epochs": EPOCHS,
            "recipe": RECIPE | HINTS,
            "made_by": {
                "command": "python benchmarks/make_micro_bench.py",
                "hwnas": code_version(),
                "torch": torch.__version__,
                "created": timed.created,
            },
            "device": timed.device,
            "latency_verdict": timed.verdict.state,
            "rows": rows,
        }
    )
    text = table.model_dump_json(by_alias=True)
    write_atomic(target, gzip.compress(text.encode(), 9, mtime=0))
    print(f"{target}: {target.stat().st_size} bytes")


def main() -> None:
    """Do what is asked for, or all that is missing."""
    for step, what in (("images", cut), ("train", train), ("time", time_all), ("pack", pack)):
        if len(sys.argv) < 2 or step in sys.argv[1:]:
            what()


if __name__ == "__main__":
    main()
