"""Claim: the code that rates training methods finds what is known of the public supernets of NAS-Bench-201.

Of all 15,625 cells the public table has the accuracy alone on CIFAR-10, and the accuracies with weights inherited from
one supernet and from several (few-shot). Kendall's tau of each with accuracy alone is computed by the functions that
`training_methods.py` uses, over all cells, in the best quarter and in the best tenth. Known, and to be found: 0.48 over
all for the one supernet, and about -0.22 among the best.

Run:  HWNAS_DATA=FOLDER python benchmarks/public_supernets.py
"""

import argparse
import csv
import gzip

import numpy as np
from _public import public_data
from _saving import save
from _training_figures import tau, top

ALONE = "acc_cifar10_test200"
SUPERNETS = {"one": "acc_oneshot_supernet_cifar10", "few": "acc_fewshot_supernet_cifar10"}
BEST = 10  # one cell in so many


def main() -> None:
    """Read the table, rate both."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with gzip.open(public_data() / "nb201.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    alone = np.array([float(row[ALONE]) for row in rows])
    best = np.argsort(-alone, kind="stable")[: len(rows) // BEST]
    found = {}
    for name, column in SUPERNETS.items():
        inherited = np.array([float(row[column]) for row in rows])
        upper = top(alone)
        found[name] = {
            "tau": round(tau(inherited, alone), 3),
            "tau_top_quarter": round(tau(inherited[upper], alone[upper]), 3),
            "tau_best_tenth": round(tau(inherited[best], alone[best]), 3),
        }
    save("public_supernets", __doc__ or "", {"cells": len(rows), "supernets": found})


if __name__ == "__main__":
    main()
