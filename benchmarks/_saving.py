"""How every benchmark keeps its result: one JSON file, with the claim and the machine."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from hwnas.contracts.files import write_atomic
from hwnas.devices import open_device

RESULTS = Path(__file__).parent / "results"


def save(name: str, claim: str, figures: Mapping[str, object]) -> Path:
    """Write ``results/<name>.json`` and print it."""
    result = {
        "schema_version": 1,
        "claim": claim.splitlines()[0],
        **figures,
        "load_average": os.getloadavg()[0],
        "machine": open_device("cpu:threads=1").card().to_dict(),
    }
    path = RESULTS / f"{name}.json"
    text = json.dumps(result, indent=1)
    write_atomic(path, text + "\n")
    print(text)
    return path
