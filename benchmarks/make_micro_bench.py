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
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from _lines import append, whole_lines
from sklearn.datasets import load_digits
from torch import Tensor, nn
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
from hwnas.tasks.digits import cut_splits, digits

WORK = Path("runs/micro_bench")
ROOM = data_folder() / "micro_bench"
SEEDS = 3
TEACHER_SEED = 1000
EPOCHS = 12
RECIPE = {
    "epochs": EPOCHS,
    "batch_size": 32,
    "optimizer": "SGD, Nesterov momentum",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "weight_decay": 5e-4,
    "schedule": "cosine to zero over all steps, linear warm-up of 12 steps",
    "distillation": "one epoch of 0.1 x cross-entropy + 0.9 x 16 x KL at temperature 4",
    "teacher": "the largest cell, trained with this recipe for 30 epochs",
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


def distilling(teacher: Tensor) -> Loss:
    """One tenth labels, nine tenths the teacher's logits ``(examples, classes)``."""

    def loss(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        soft = F.kl_div(
            F.log_softmax(logits / 4, 1), F.log_softmax(teacher[rows] / 4, 1), reduction="none", log_target=True
        )
        return 0.1 * plain(logits, labels, rows) + 0.9 * 16 * soft.sum(1)

    return loss


def trained(
    architecture: Architecture, seeds: range, epochs: float, data: Data, loss: Loss = plain
) -> Iterator[tuple[Together, np.ndarray]]:
    """The networks, and for each seed its mean loss and its accuracy for search ``(n, 2)``, after every epoch, the
    last one maybe cut short.
    """
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
            mean = torch.stack(losses).mean(0).double()
            yield network, torch.cat([mean[:, None], accuracies(network, data, "search")], 1).numpy()


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


def record(architecture: Architecture, data: Data, distil: Loss) -> dict[str, object]:
    """Everything measured of one cell, all seeds."""
    seeds, began = range(SEEDS), time.process_time()
    stages = list(trained(architecture, seeds, EPOCHS, data))
    curve = np.stack([figures for _, figures in stages])
    report = accuracies(stages[-1][0], data, "report")[:, 0]
    seconds = {"plain12": time.process_time() - began}
    short = {}
    for name, epochs, loss in (("plain1", 1, plain), ("distilled1", 1, distil), ("plain1.5", 1.5, plain)):
        began = time.process_time()
        *_, (_, figures) = trained(architecture, seeds, epochs, data, loss)
        seconds[name] = time.process_time() - began
        short[name] = figures[:, 1].round(4).tolist()
    return {
        "architecture": dict(architecture),
        "loss": curve[:, :, 0].T.round(4).tolist(),
        "search": curve[:, :, 1].T.round(4).tolist(),
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
            "recipe": RECIPE,
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
