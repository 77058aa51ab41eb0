"""Not a claim: writes the tables of docs/own_networks.md from the results of `shrink_peers`.

Run:  python benchmarks/shrink_page.py [--check]     with --check only says whether it is up to date, by the exit code
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from _between_comments import with_part
from _markdown import table
from _page_command import write_or_check

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "own_networks.md"
WAYS = {
    "original": "the original",
    "hwnas": "`hwnas.shrink`",
    "hwnas_bits": '`hwnas.shrink(bits="block")`',
    "fastnas": "FastNAS of NVIDIA's Model Optimizer 0.47.0",
    "l2": "Torch-Pruning 1.6.1 by size of weights",
    "taylor": "Torch-Pruning 1.6.1 by Taylor's importance",
    "int8": "static INT8 by ONNX Runtime",
    "olive": "static INT8 by Olive 0.13.0",
    "l2_int8": "Torch-Pruning by size of weights, then INT8",
    "taylor_int8": "Torch-Pruning by Taylor's importance, then INT8",
}
Result = Mapping[str, Any]


def compared(result: Result) -> str:
    """What each way gives."""
    figure = result.get("figure", "accuracy")

    def rows() -> Iterator[list[str]]:
        for way, words in WAYS.items():
            if way in result["ways"]:
                of = result["ways"][way]
                low, high = of[f"{figure}_interval"]
                yield [
                    words,
                    f"{100 * of[figure]:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
                    f"{of['speedup']:.2f}x ({' to '.join(f'{bound:.2f}' for bound in of['speedup_interval'])})",
                    f"{of['kilobytes']:,.0f}",
                    "" if of["lines"] is None else str(of["lines"]),
                ]

    return table(
        ["way", figure.replace("_", " ").replace("iou", "IoU"), "speed", "kB", "lines of a user's code"], rows()
    )


def page() -> str:
    """As it should stand in the docs: a table for every result that it has a place for."""
    text = PAGE.read_text()
    for name in re.findall(r"<!-- (shrink_peers\w*) -->", text):
        text = with_part(text, name, compared(json.loads((RESULTS / f"{name}.json").read_text())))
    return text


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__ or "")
