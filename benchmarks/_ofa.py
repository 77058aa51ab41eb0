"""Once-for-All's MobileNetV3 as a problem: accuracy by its own predictor, latency by its Note10 operator table.

Both are checked against a table of 20,000 known answers before anything is compared.
"""

import gzip
import json
import re

import numpy as np
from _public import public_data, public_rows

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice
from hwnas.contracts.search_space import SearchSpace

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
RESOLUTION = 224
BLOCK = re.compile(r"expanded_conv-input:(\d+x)\1(\d+)-output:(\d+x)\3(\d+)-expand:(\d+)-kernel:(\d+)")


def ofa_space() -> SearchSpace:
    """45 choices: five depths, then a kernel and an expansion for each of 20 blocks."""
    choices = [Choice(f"depth{s}", DEPTHS) for s in range(5)]
    for kind, options in (("kernel", KERNELS), ("expansion", EXPANSIONS)):
        for s in range(5):
            for b in range(4):
                active = {f"depth{s}": tuple(d for d in DEPTHS if d > b)}
                choices.append(Choice(f"{kind}{s}.{b}", options, active_if=active))
    return SearchSpace(choices, name="ofa_mobilenetv3")


class Truth:
    """Accuracy and latency of canonical genomes, from the published predictor and operator table."""

    def __init__(self, space: SearchSpace) -> None:
        data = public_data()
        weights = np.load(data / "ofa_mbv3_acc_predictor_weights.npz")
        self.layers = [(weights[f"w{i}"].T.astype(float), weights[f"b{i}"].astype(float)) for i in range(4)]
        with gzip.open(data / "ofa_latency_luts.json.gz") as file:
            self.tables = json.load(file)
        self.space = space

    def accuracy(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Predicted ImageNet top-1, percent."""
        size = np.zeros((len(genomes), 8))
        size[:, (resolution - 112) // 16] = 1
        x = np.concatenate([self.space.one_hot(genomes)[:, 15:], size], axis=1)
        for weight, bias in self.layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self.layers[-1]
        return 100 * (x @ weight + bias)[:, 0]

    def latency(self, genomes: IntArray, resolution: int = RESOLUTION) -> FloatArray:
        """Sum over the operators of a network, milliseconds."""
        table = self.tables[f"note10_r{resolution}"]
        fixed = sum(v["mean"] for k, v in table.items() if not k.startswith("expanded") or "expand:24-" in k)
        blocks: dict[tuple[int, bool], list[float]] = {}
        widths = [24, 32, 48, 96, 136, 192]
        for name, value in table.items():
            if (match := BLOCK.match(name)) and match[5] != "24":
                into, out = int(match[2]), int(match[4])
                key = (widths.index(out) - 1, into != out)
                option = KERNELS.index(int(match[6])) * 3 + EXPANSIONS.index(int(match[5]) // into)
                blocks.setdefault(key, [0.0] * 9)[option] = value["mean"]
        active = self.space.active(genomes)
        total = np.full(len(genomes), fixed)
        for i in range(20):
            costs = np.array(blocks[i // 4, i % 4 == 0])
            total += costs[genomes[:, 5 + i] * 3 + genomes[:, 25 + i]] * active[:, 5 + i]
        return total

    def check(self) -> None:
        """Compare with known answers."""
        rows = [row for row in public_rows("ofa_mbv3_w12_surrogate20k.csv.gz") if row["r"] == str(RESOLUTION)]
        genomes = []
        for row in rows:
            d, k, e = ([int(v) for v in row[column].split()] for column in ("d", "ks", "e"))
            genomes.append(
                [DEPTHS.index(v) for v in d] + [KERNELS.index(v) for v in k] + [EXPANSIONS.index(v) for v in e]
            )
        found = self.space.canonical(np.array(genomes))
        for figures, column in ((self.latency(found), "lut_note10_ms"), (self.accuracy(found), "ofa_pred_top1")):
            known = np.array([float(row[column]) for row in rows])
            print(f"{column}: {len(rows)} rows, largest difference {np.abs(figures - known).max():.2g}")
            assert np.allclose(figures, known, atol=2e-3), (figures[:3], known[:3])

    def costs(self, genomes: IntArray) -> FloatArray:
        """Minimised: minus accuracy, latency."""
        return np.stack([-self.accuracy(genomes), self.latency(genomes)], axis=1)
