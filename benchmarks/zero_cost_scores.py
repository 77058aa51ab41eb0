"""Claim: zero-cost scores rank the cells of MicroBench; how well, and what of it is more than the number of parameters.

Every score of every cell on one batch of 64 training digits, with three initialisations; Kendall's tau of their mean
with the accuracy on unseen digits (mean of three seeds), over all 256 cells and among the better half; and Spearman's
correlation when parameters are held fixed (partial, with a 95 % interval from 1,000 bootstrap samples of cells). Beside
them what costs nothing at all, parameters and multiply-adds, and what costs an epoch.

And in a search of MicroBench, accuracy against latency, and accuracy alone: `surrogate`, and `zero_cost` with each
score (mean of the initialisations), and with the number of parameters, as a feature and as a filter; the share of the
best hypervolume that is missing, or the regret in points, after 20 and 40 evaluations; medians over 20 seeds, and a
paired Wilcoxon test against `surrogate`.

With HWNAS_DATA also: our synflow and naswot of NAS-Bench-201 cells against the values NASLib published for the same
cells (naswot there on CIFAR-10, here on noise), and the published scores' own tau with accuracy.

Run:  [HWNAS_DATA=folder] python benchmarks/zero_cost_scores.py [--cells 60]
Every network's scores are kept when they are there; docs/scores.md is written at the end.
"""

import argparse
import ast
import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np
import torch
from _saving import save
from _verdicts import SURE, p_less
from scipy.stats import kendalltau, rankdata, spearmanr
from torch import Tensor, nn

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.files import write_atomic
from hwnas.contracts.finding import find, names
from hwnas.problems.micro_bench import micro_bench
from hwnas.scores.naswot import naswot
from hwnas.scores.synflow import synflow
from hwnas.searches.curves import costs_of, scale_of
from hwnas.searches.search import search
from hwnas.spaces.micro_cell import micro_cell
from hwnas.tasks.digits import digits

WORK = Path("runs/zero_cost")
SEEDS, BATCH = 3, 64
SEARCHES, AT = 20, (20, 40)
LEAST = -1e3  # in the place of minus infinity
PAGE = Path(__file__).parent.parent / "docs" / "scores.md"


class Kept:
    """Lines of JSON by key, one added after each computation."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        text = path.read_text() if path.exists() else ""
        self.rows = dict(json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines())

    def put(self, key: str, row: object) -> None:
        """Add a line."""
        self.rows[key] = row
        with self.path.open("a") as file:
            file.write(json.dumps([key, row]) + "\n")


def score_cells() -> dict[str, FloatArray]:
    """Every score of the 256 cells in the order of MicroBench, mean over initialisations, ``(256,)`` each."""
    space, kept = micro_cell(), Kept(WORK / "cells.jsonl")
    examples = digits().examples("train").take(slice(0, BATCH))
    x, y = torch.from_numpy(examples.inputs[0]), torch.from_numpy(examples.labels)
    assert space.build is not None
    scores = {name: find("scores", name) for name in names("scores")}
    for seed in range(SEEDS):
        for genome in np.random.default_rng(0).permutation(4**4):
            architecture = space.decode(np.array(np.unravel_index(genome, (4,) * 4)))
            key = f"{architecture.to_json()} {seed}"
            if key not in kept.rows:
                torch.manual_seed(seed)
                network = space.build(architecture)
                kept.put(key, {n: max(LEAST, score(network, x, y)) for n, score in scores.items()})  # type: ignore[operator]
    table = micro_bench()
    return {
        name: np.array(
            [np.mean([kept.rows[f"{a.to_json()} {s}"][name] for s in range(SEEDS)]) for a in table.architectures]
        )
        for name in scores
    }


def partial(score: FloatArray, truth: FloatArray, size: FloatArray) -> float:
    """Spearman's correlation of score and truth with the rank of the size taken out of both."""
    a, b, c = rankdata(score), rankdata(truth), rankdata(size)
    design = np.column_stack([np.ones(len(c)), c])
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (a, b)]
    spread = np.prod([v.std() for v in left])
    return float(np.mean(left[0] * left[1]) / spread) if spread > 1e-9 else 0.0


def judge(columns: dict[str, FloatArray], truth: FloatArray, size: FloatArray) -> dict[str, dict[str, object]]:
    """What each column is worth."""
    rng, better = np.random.default_rng(0), truth >= np.median(truth)
    found: dict[str, dict[str, object]] = {}
    for name, column in columns.items():
        drawn = [rng.integers(len(truth), size=len(truth)) for _ in range(1000)]
        low, high = np.quantile([partial(column[d], truth[d], size[d]) for d in drawn], (0.025, 0.975))
        found[name] = {
            "kendall": round(float(kendalltau(column, truth)[0]), 3),
            "kendall_better_half": round(float(kendalltau(column[better], truth[better])[0]), 3),
            "partial_spearman": round(partial(column, truth, size), 3),
            "partial_interval": [round(float(low), 3), round(float(high), 3)],
        }
    return found


class Nb201(nn.Module):
    """The network of NAS-Bench-201 (Dong and Yang 2020): three stages of five cells, 16, 32 and 64 channels."""

    def __init__(self, cell: tuple[int, ...]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
        for stage, width in enumerate((16, 32, 64)):
            layers += [_Residual(width // 2, width)] if stage else []
            layers += [_Cell(cell, width) for _ in range(5)]
        layers += [nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        out: Tensor = self.layers(x)
        return out


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(outputs))


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(inputs, outputs, 3, 2), _conv(outputs, outputs, 3))
        self.short = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.short(x)
        return out


class _Cell(nn.Module):
    """NASLib's numbers: 0 identity, 1 nothing, 2 convolution 3x3, 3 convolution 1x1, 4 average."""

    EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))

    def __init__(self, cell: tuple[int, ...], width: int) -> None:
        super().__init__()
        make = {
            0: nn.Identity,
            2: lambda: _conv(width, width, 3),
            3: lambda: _conv(width, width, 1),
            4: lambda: nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        }
        self.edges = nn.ModuleDict({str(i): make[op]() for i, op in enumerate(cell) if op != 1})

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        for node in (1, 2, 3):
            into = [
                self.edges[str(i)](nodes[a])
                for i, (a, b) in enumerate(self.EDGES)
                if b == node and str(i) in self.edges
            ]
            nodes.append(sum(into) if into else torch.zeros_like(x))  # type: ignore[arg-type]
        return nodes[3]


def against_naslib(data: Path, cells: int) -> dict[str, object]:
    """Agreement with NASLib's values, and the published scores' tau."""
    with gzip.open(data / "zc_nb201_naslib.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["task"] == "cifar10"]
    kept = Kept(WORK / "nb201.jsonl")
    chosen = np.random.default_rng(0).permutation(len(rows))[:cells]
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(16, 3, 32, 32, generator=generator)
    for i in chosen:
        if rows[i]["arch"] not in kept.rows:
            torch.manual_seed(0)
            network = Nb201(ast.literal_eval(rows[i]["arch"]))
            params = sum(p.numel() for p in network.parameters()) / 1e6
            scores = {"synflow": synflow(network, x, x), "nwot": naswot(network, x, x), "params": params}
            kept.put(rows[i]["arch"], {n: max(LEAST, v) for n, v in scores.items()})
    published = {c: np.array([float(r[c]) for r in rows]) for c in rows[0] if c not in {"task", "arch"}}
    truth = published["val_accuracy"]
    mine = [kept.rows[rows[i]["arch"]] for i in chosen]
    agreement = {
        name: round(float(spearmanr([m[name] for m in mine], published[name][chosen])[0]), 3)
        for name in ("synflow", "nwot", "params")
    }
    taus = {c: round(float(kendalltau(v, truth)[0]), 3) for c, v in published.items() if c != "val_accuracy"}
    return {"cells": cells, "spearman_with_naslib": agreement, "published_kendall": taus, "published_cells": len(rows)}


class Searches:
    """Searches of MicroBench with and without a score."""

    def __init__(self, columns: dict[str, FloatArray]) -> None:
        self.bench = micro_bench()
        self.scores = {
            name: dict(zip(self.bench.architectures, values, strict=True)) for name, values in columns.items()
        }
        self.kept = Kept(WORK / "searches.jsonl")
        self.truth = costs_of(self.bench.front(), self.bench.objectives)

    def losses(self, objectives: int, use: str, score: str) -> FloatArray:
        """Of every seed after each of `AT` evaluations, ``(seeds, 2)``."""
        rows = []
        for seed in range(SEARCHES):
            key = f"{objectives} {use} {score} {seed}"
            if key not in self.kept.rows:
                self.kept.put(key, self._one(objectives, use, score, seed))
            rows.append(self.kept.rows[key])
        return np.array(rows, dtype=np.float64)

    def _one(self, objectives: int, use: str, score: str, seed: int) -> list[float]:
        sought = self.bench.objectives[:objectives]
        settings: dict[str, object] = {"strategy": "surrogate"}
        if use:
            settings = {"strategy": "zero_cost", "use": use, "score": self.scores[score].__getitem__, "candidates": 256}
        front = search(self.bench.space, self.bench.evaluate, sought, evaluations=max(AT), seed=seed, **settings)  # type: ignore[arg-type]
        if objectives == 1:
            best = self.bench.column("accuracy").max()
            return [100 * float(best - max(r.figures["accuracy"] for r in front.results[:at])) for at in AT]
        scale = scale_of(self.truth)
        return [1 - scale.share(costs_of(front.results[:at], sought)) for at in AT]

    def table(self) -> list[dict[str, object]]:
        """A row for each score and use, `surrogate` first."""
        plain = {m: self.losses(m, "", "") for m in (2, 1)}
        rows: list[dict[str, object]] = []
        for use, score in [("", ""), *((use, score) for use in ("feature", "filter") for score in self.scores)]:
            row: dict[str, object] = {"use": use or "without", "score": score}
            for m in (2, 1):
                losses = self.losses(m, use, score)
                row[f"median_{m}"] = np.median(losses, axis=0).round(4).tolist()
                row[f"better_p_{m}"] = [p_less(*pair) for pair in zip(losses.T, plain[m].T, strict=True)]
                row[f"worse_p_{m}"] = [p_less(*pair) for pair in zip(plain[m].T, losses.T, strict=True)]
            rows.append(row)
        return rows


def searched(rows: list[dict[str, object]]) -> list[str]:
    """The table of searches, in Markdown."""
    comparisons = 4 * (len(rows) - 1)
    lines = [
        "## In a search",
        "",
        f"`surrogate`, and `zero_cost` with each score, on MicroBench: medians of {SEARCHES} seeds, lower is better.",
        "Bold: better than without a score (paired, one-sided Wilcoxon test, p < 0.05); italics: worse. By chance,",
        f"about {round(2 * SURE * comparisons)} of {comparisons} comparisons are marked.",
        "",
        "| used as | score | hypervolume missing after 20 | after 40 | regret in points after 20 | after 40 |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = []
        for m in (2, 1):
            for value, better, worse in zip(row[f"median_{m}"], row[f"better_p_{m}"], row[f"worse_p_{m}"], strict=True):  # type: ignore[call-overload]
                mark = "**" if better < SURE else "*" if worse < SURE else ""
                cells.append(f"{mark}{value:.3g}{mark}")
        lines.append(f"| {row['use']} | {row['score']} | {' | '.join(cells)} |")
    return lines


def page(
    found: dict[str, dict[str, object]], naslib: dict[str, object] | None, searches: list[dict[str, object]]
) -> str:
    """The documentation."""
    lines = [
        "# The value of zero-cost scores",
        "",
        "How well scores rank all 256 cells of [MicroBench](micro_bench.md) by their test accuracy: each score is the",
        "mean of three initialisations on one batch of 64 digits. *Partial* is Spearman's correlation with the number",
        "of parameters held fixed, with a 95 % interval; if the interval contains 0, the score adds nothing to the",
        "number of parameters. `benchmarks/zero_cost_scores.py` writes this page.",
        "",
        "| | Kendall's tau | among the better half | partial |",
        "|---|---:|---:|---|",
    ]
    for name, row in sorted(found.items(), key=lambda item: -float(str(item[1]["kendall"]))):
        low, high = row["partial_interval"]  # type: ignore[misc]
        lines.append(
            f"| {name} | {row['kendall']:.2f} | {row['kendall_better_half']:.2f} "
            f"| {row['partial_spearman']:.2f} ({low:.2f} to {high:.2f}) |"
        )
    scores = [(name, found[name]["partial_interval"]) for name in names("scores")]
    more = ", ".join(name for name, (low, _) in scores if low > 0) or "none"  # type: ignore[misc]
    less = ", ".join(name for name, (_, high) in scores if high < 0) or "none"  # type: ignore[misc]
    lines += ["", f"Scores that add to the number of parameters: {more}; scores that contradict it: {less}."]
    if naslib is not None:
        agreement: dict[str, float] = naslib["spearman_with_naslib"]  # type: ignore[assignment]
        taus: dict[str, float] = naslib["published_kendall"]  # type: ignore[assignment]
        told = ", ".join(f"{name} {value:.2f}" for name, value in sorted(taus.items(), key=lambda i: -i[1]))
        lines += [
            "",
            f"Agreement with NASLib's published values on {naslib['cells']} cells of NAS-Bench-201 (Spearman): synflow",
            f"{agreement['synflow']:.3f}, naswot {agreement['nwot']:.3f} (published on CIFAR-10, ours on noise).",
            f"Kendall's tau of the published scores with the validation accuracy, {naslib['published_cells']} cells:",
            f"{told}.",
        ]
    lines += [
        "",
        *searched(searches),
        "",
        'Use: `hwnas.search(..., strategy="zero_cost", score="synflow", use="feature")`, or `use="filter"`; for a',
        "supernet, `hwnas search RUN --strategy zero_cost --setting score=nlc`. `score` can also be a function of an",
        "architecture. `hwnas.scores` holds one function per file, of a fresh network, a batch and its labels.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Compute what is missing, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    naslib = against_naslib(Path(os.environ["HWNAS_DATA"]), options.cells) if "HWNAS_DATA" in os.environ else None
    columns, bench = score_cells(), micro_bench()
    free = {"parameters": bench.column("params"), "multiply-adds": bench.column("macs")}
    dear = {
        "1 epoch": bench.column("accuracy", "plain1"),
        "1 epoch with distillation": bench.column("accuracy", "distilled1"),
        "1.5 epochs": bench.column("accuracy", "plain1.5"),
        "1 of 12 epochs": bench.column("accuracy", "epoch1"),
        "3 of 12 epochs": bench.column("accuracy", "epoch3"),
    }
    found = judge({**columns, **free, **dear}, bench.column("report_accuracy"), bench.column("params"))
    searches = Searches({**columns, "parameters": free["parameters"]}).table()
    save("zero_cost_scores", __doc__ or "", {"micro_bench": found, "nb201": naslib, "searches": searches})
    write_atomic(PAGE, page(found, naslib, searches))
    print(page(found, naslib, searches))


if __name__ == "__main__":
    main()
