"""The public tables: they are not in the repository, but in the folder that HWNAS_DATA names."""

import os
import sys
import tempfile
from pathlib import Path

from hwnas.pipeline.tables.import_table import Importing, import_table
from hwnas.profiling.table import LatencyTable


def public_data() -> Path:
    """The folder; without one, the program ends and says so."""
    if not os.environ.get("HWNAS_DATA"):
        sys.stderr.write("HWNAS_DATA is not set; name the folder with the public tables.\n")
        sys.exit(2)
    return Path(os.environ["HWNAS_DATA"])


def imported(name: str, table: str) -> LatencyTable:
    """One of the latency tables in a file there, as `hwnas import` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        return import_table(Importing(public_data() / name, table=table), Path(folder) / "table.json")
