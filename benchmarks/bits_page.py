"""Not a claim: writes the tables of docs/bits.md from the results.

Run:  python benchmarks/bits_page.py [--check]     with --check only says whether it is up to date, by the exit code
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _between_comments import with_part
from _markdown import table
from _page_command import write_or_check

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "bits.md"
DEVICES = {
    "`cpu`": "int8_by_network",
    "`cpu` with AVX2 alone": "int8_by_network_avx2",
    "`openvino`": "int8_by_network_openvino",
}
NETWORKS = {
    "shipped": "bits",
    "vit": "bits_vit",
    "minilm": "bits_minilm",
    "efficientnet_lite0": "bits_efficientnet_lite0",
}
WAYS = {
    "joint": "jointly",
    "two_stage": "bits afterwards",
    "all_int8": "all INT8",
    "all_float32": "all float32",
}
Result = Mapping[str, Any]


def results(names: Mapping[str, str]) -> dict[str, Result]:
    """Those that there are, by what they are of."""
    paths = {of: RESULTS / f"{name}.json" for of, name in names.items()}
    return {of: json.loads(path.read_text()) for of, path in paths.items() if path.is_file()}


def by_network(found: Mapping[str, Result]) -> str:
    """What INT8 buys, by network and device."""
    every = list(dict.fromkeys(name for result in found.values() for name in result["networks"]))

    def rows() -> Iterator[list[str]]:
        for name in every:
            of = [result["networks"].get(name) for result in found.values()]
            float32, int8 = next(row for row in of if row)["bytes"]
            yield [name, *(f"{row['times_as_long']:.2f}" if row else "" for row in of), f"{int8 / float32:.2f}"]

    return table(["network", *(f"times as long, {device}" for device in found), "times as large"], rows())


def recovery(result: Result) -> str:
    """What each way brings, by network."""
    networks = result["networks"]
    ways = next(iter(networks.values()))

    def cell(way: str, of: Result) -> str:
        more = f" ({100 * of['more_than_int8']:+.2f} ± {100 * of['standard_error']:.2f})" if way != "INT8" else ""
        return f"{of['accuracy']:.2%}{more}".replace("%", " %", 1)

    def rows() -> Iterator[list[str]]:
        for way in ways:
            yield [
                f"`{way}`" if way.isalpha() and way.islower() else way,
                *(cell(way, n[way]) for n in networks.values()),
            ]

    return table(["", *networks], rows())


def searches(found: Mapping[str, Result]) -> str:
    """How much each way covers on average over seeds, by network that was searched at equal cost."""
    alike = {name: result for name, result in found.items() if "evaluations_of_each_way" in result}
    if not alike:
        return "Not run yet."

    def rows() -> Iterator[list[str]]:
        for name, result in alike.items():
            p = max(result["p_joint_is_more_than"].values(), default=None)
            shares = np.mean(result["int8_members_matched_and_beaten_by_joint"], axis=0)
            yield [
                f"`{name}`",
                f"{result['evaluations_of_each_way']}, {result['seeds']}",
                *(f"{np.mean(result['hypervolume'][way]):.3f}" for way in WAYS),
                "" if p is None else f"{p:.2f}",
                *(f"{100 * share:.0f} %" for share in shares),
            ]

    head = ["network", "evaluations, seeds", *WAYS.values(), "largest p", "INT8 members matched", "beaten"]
    return table(head, rows())


def page() -> str:
    """As it should stand in the docs."""
    text = PAGE.read_text()
    text = with_part(text, "int8-by-network", by_network(results(DEVICES)))
    text = with_part(text, "int8-recovery", recovery(results({"": "int8_recovery"})[""]))
    return with_part(text, "bits-searches", searches(results(NETWORKS)))


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__ or "")
