"""Claim: published tables are read right: sums of operators equal the publisher's, rows are those of the file.

Sums of Once-for-All's Note10 operators are compared, for all of 20,000 architectures, with what its own code makes of
the same table (recorded to four decimals, so half of the last one is the least difference there can be). HAT and
NAS-Bench-201 are compared row by row, sorted; an architecture that a file has twice becomes one row with the mean.

Run:  HWNAS_DATA=folder python benchmarks/imported_tables.py
Peer: the latencies in `ofa_mbv3_w12_surrogate20k.csv.gz`, computed by Once-for-All's code.
"""

import tempfile
from pathlib import Path

import numpy as np
from _public import public_data
from _saving import save

from hwnas.formats._format import Wishes, read_published
from hwnas.formats._source import Source
from hwnas.pipeline.tables.import_table import Importing, import_table
from hwnas.problems._public import public_rows

BLOCKS = 4  # of a stage, at most


def operators() -> dict[str, float]:
    """Largest difference to the known sums, in ms."""
    source, worst, count = Source(public_data() / "ofa_latency_luts.json.gz"), 0.0, 0
    known = public_rows("ofa_mbv3_w12_surrogate20k.csv.gz")
    for resolution in sorted({row["r"] for row in known}):
        _, _, found = read_published(source, None, Wishes(table=f"note10_r{resolution}"))
        times = {tuple(sorted(part.when.items())): part.latency_ms for part in found.parts}
        for row in (row for row in known if row["r"] == resolution):
            depths, kernels, expansions = ([int(n) for n in row[c].split()] for c in ("d", "ks", "e"))
            total = times[()]
            for stage, depth in enumerate(depths):
                for block in range(depth):
                    i, name = BLOCKS * stage + block, f"stage{stage + 1}.block{block + 1}"
                    total += times[(f"{name}.expansion", expansions[i]), (f"{name}.kernel", kernels[i])]
            worst, count = max(worst, abs(total - float(row["lut_note10_ms"]))), count + 1
    return {"architectures": count, "largest_difference_ms": worst}


def measured(file: str, table: str, rows: dict[tuple[str, ...], list[float]]) -> dict[str, float]:
    """Rows and the largest relative difference of the sorted latencies, from all latencies of each architecture."""
    with tempfile.TemporaryDirectory() as folder:
        made = import_table(Importing(public_data() / file, table=table), Path(folder) / "t.json")
    latencies = np.sort([row.latency_ms for row in made.rows])
    truth = [float(np.mean(several)) for several in rows.values()]
    in_file = sum(len(several) for several in rows.values())
    found: dict[str, float] = {"rows": len(latencies), "rows_in_file": in_file, "architectures_in_file": len(truth)}
    if len(latencies) == len(truth):
        found["largest_relative_difference"] = float(np.abs(latencies / np.sort(truth) - 1).max())
    return found


def main() -> None:
    """Print and save the figures."""
    cells, hat = "nb201.csv.gz", "hat_transformer_latency.csv.gz"
    pair, column = "iwslt14deen_gpu_titanxp", "lat_ms_gold_6226"
    hat_rows: dict[tuple[str, ...], list[float]] = {}
    for row in (row for row in public_rows(hat) if row["task_device"] == pair):
        architecture = tuple(value for name, value in row.items() if not name.startswith("latency"))
        latency_ms = float(row["latency_mean_encoder"]) + float(row["latency_mean_decoder"])
        hat_rows.setdefault(architecture, []).append(latency_ms)
    cell_rows = {(str(number),): [float(row[column])] for number, row in enumerate(public_rows(cells))}
    result = {
        "once_for_all": operators(),
        "hat": measured(hat, pair, hat_rows),
        "nasbench201": measured(cells, column, cell_rows),
    }
    save("imported_tables", __doc__ or "", result)


if __name__ == "__main__":
    main()
