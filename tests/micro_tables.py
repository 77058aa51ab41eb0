"""A made-up table of MicroBench, by formula, so that tests know every answer."""

import numpy as np

from hwnas.contracts.device import DeviceCard
from hwnas.genomes.listing import every_genome
from hwnas.problems.micro_bench import Table
from hwnas.spaces.micro_cell import OPERATIONS, micro_cell

EPOCHS, SEEDS = 12, 3


def made_up_table() -> Table:
    """Better with every bigger operation, slower too, most of all where they stand late; learnt in a fixed way."""
    rows = []
    for genome in every_genome(micro_cell()):
        best = 0.6 + 0.03 * float(genome.sum()) - 0.02 * float(genome[0] * genome[3]) / 9
        seeds = [best + 0.001 * s for s in range(SEEDS)]
        curves = [[end * (1 - 0.5 / (e + 1)) / (1 - 0.5 / EPOCHS) for e in range(EPOCHS)] for end in seeds]
        latency = 0.01 * (1 + float(genome @ [1, 1, 2, 3]))
        rows.append(
            {
                "cell": [OPERATIONS[o] for o in genome],
                "macs": 1000.0 + float(genome.sum()),
                "params": 100.0 + float(genome.sum()),
                "latency_ms": latency,
                "latency_ms_interval": (0.9 * latency, 1.1 * latency),
                "loss": [[1 - v for v in curve] for curve in curves],
                "search": curves,
                "report": [end - 0.01 for end in seeds],
                "plain1": [0.3] * SEEDS,
                "distilled1": [0.4] * SEEDS,
                "plain1.5": [0.5] * SEEDS,
                "seconds": {"full": 12.0, "plain1": 1.0, "distilled1": 1.5, "plain1.5": 1.5},
            }
        )
    card = DeviceCard("cpu:threads=1", "made up", 1, 1, "made up", "onnxruntime 0", "CPUExecutionProvider", 1)
    return Table.of_fields(
        {"seeds": SEEDS, "epochs": EPOCHS, "recipe": {}, "made_by": {}, "device": card, "latency_verdict": "stable",
         "rows": rows}
    )  # fmt: skip


def mean_accuracy(genome: np.ndarray) -> float:
    """What the means of the seeds come to, at the end."""
    return 0.6 + 0.03 * float(genome.sum()) - 0.02 * float(genome[0] * genome[3]) / 9 + 0.001
