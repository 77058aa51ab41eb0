"""Not a claim: writes docs/claims.md, the table of all claims, from the results.

Run:  python benchmarks/claims_table.py [--check]     with --check only says whether it is up to date, by the exit code
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _page_command import write_or_check

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "claims.md"
HEAD = """# Claims and whether they hold

Every claim is a program in `benchmarks/`; its last result, with the command, the code and the machine, is in
`benchmarks/results/`. *Met* follows from the stored figures by `benchmarks/_thresholds.py`. A `+` behind a commit says
that the code had changes that were not committed. `make claims` writes this page.

| claim | met | result | commit | machine |
|---|---|---|---|---|
"""


def row(path: Path) -> str:
    """Of the table."""
    result: Mapping[str, Any] = json.loads(path.read_text())
    claim = re.sub(r"^(Claim: |Claim, |Not a claim: )", "", result["claim"]).rstrip(".")
    held = {True: "yes", False: "**no**", None: f"- ({result.get('met_reason')})"}[result["met"]]
    machine = result["machine"]
    where = (
        machine
        if isinstance(machine, str)
        else f"{machine['processor']}, {machine['cores']} {'core' if machine['cores'] == 1 else 'cores'}"
    )
    link = f"[{path.stem}](../benchmarks/results/{path.name})"
    return f"| {claim[0].upper()}{claim[1:]} | {held} | {link} | {result['commit']} | {where} |"


def page() -> str:
    """As it should stand in the docs."""
    return HEAD + "\n".join(row(path) for path in sorted(RESULTS.glob("*.json"))) + "\n"


def write_page() -> None:
    """Put it there."""
    PAGE.write_text(page())


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__ or "")
