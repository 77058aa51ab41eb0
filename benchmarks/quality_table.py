"""Not a claim: puts the result of `supernet_quality.py` into the README, between the two comments made for it.

Run:  python benchmarks/quality_table.py [--check]     with --check only says whether it is there, by the exit code
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from _between_comments import with_part
from _page_command import write_or_check

RESULT = Path(__file__).parent / "results" / "supernet_quality.json"
README = Path(__file__).parents[1] / "README.md"


def table(result: Mapping[str, Any]) -> str:
    """The result in words and rows, by rising number of multiply-adds."""
    found: Sequence[Mapping[str, Any]] = sorted(result["architectures"], key=lambda row: row["macs"])
    lines = [
        f"Supernet `{result['supernet']}` after {result['training']['steps']:,} steps of "
        f"{result['training']['recipe']['batch_size']} images; {result['test_images']:,} test images, 95 % intervals:",
        "",
        "| sub-network | multiply-adds | inherited accuracy | trained alone |",
        "|---|---:|---:|---:|",
    ]
    for row in found:
        low, high = row["interval"]
        alone = "-" if row["alone"] is None else f"{row['alone']:.1%}"
        inherited = f"{row['inherited']:.1%} ({low:.1%} to {high:.1%})"
        lines.append(f"| {row.get('name', row['key'])} | {row['macs'] / 1e6:.1f} M | {inherited} | {alone} |")
    if result["trained_alone"]:
        lines += [
            "",
            f"Trained alone, {result['trained_alone']} of the {len(found)} differ from what they inherit by "
            f"{100 * result['mean_gap']:+.2f} points on average.",
        ]
    return "\n".join(lines)


def page() -> str:
    """The README as it should be."""
    if not RESULT.is_file():
        sys.exit(f"No result at {RESULT}: run benchmarks/supernet_quality.py first.")
    return with_part(README.read_text(), "supernet-quality", table(json.loads(RESULT.read_text())))


if __name__ == "__main__":
    write_or_check(README, page(), __doc__ or "")
