"""From runs to tables: medians, quartiles, a paired test, and one of three words."""

import json
from pathlib import Path

import numpy as np
from _claims import CLAIMS, MICRO, SUITES, Claim, Runs, points_of
from scipy.stats import wilcoxon

from hwnas.contracts.arrays import FloatArray
from hwnas.contracts.files import write_atomic

SURE = 0.05
UNITS = {
    "single": "points",
    "policies": "points",
    "noisy": "points",
    "pareto": "of the hypervolume",
    "three": "of the hypervolume",
    "limited": "of the hypervolume within the limit",
    "micro": "points",
}


def read_runs(path: Path) -> Runs:
    """What was run before; nothing if there is no file."""
    return dict(json.loads(path.read_text())["runs"]) if path.is_file() else {}


def losses(runs: Runs, suite: str, arm: str, seeds: list[str]) -> FloatArray:
    """Of an arm, ``(seeds, points)``."""
    return np.array([runs[suite][arm][seed]["losses"] for seed in seeds], dtype=np.float64)


def seeds_of(runs: Runs, suite: str, *arms: str) -> list[str]:
    """Seeds that all these arms were run with."""
    done = [set(runs.get(suite, {}).get(arm, {})) for arm in arms]
    return sorted(set.intersection(*done), key=int)


def column(suite: str, at: int) -> int:
    """Which of the losses is that after `at` evaluations, or labels."""
    return points_of(suite).index(at)


def measured(runs: Runs, claim: Claim, arm: str, at: int, seeds: list[str]) -> FloatArray:
    """What a claim compares, of one arm, ``(seeds,)``; evaluations never enough count as one batch beyond the last."""
    found = losses(runs, claim.suite, arm, seeds)
    if claim.reach is None:
        return found[:, column(claim.suite, at)]
    reached = found <= claim.reach
    suite = SUITES[claim.suite]
    steps = np.where(reached.any(axis=1), reached.argmax(axis=1), len(suite.points))
    return (steps + 1.0) * suite.batch


def p_less(one: FloatArray, other: FloatArray) -> float:
    """Of a paired, one-sided Wilcoxon test that `one` is less."""
    difference = one - other
    return 1.0 if not difference.any() else float(wilcoxon(difference, alternative="less").pvalue)


def judged(runs: Runs, claim: Claim) -> list[str] | None:
    """Cells of a claim's row; None when there are not yet five seeds."""
    seeds = seeds_of(runs, claim.suite, claim.arm, claim.against)
    if len(seeds) < 5:
        return None
    ours = measured(runs, claim, claim.arm, claim.at, seeds)
    theirs = measured(runs, claim, claim.against, claim.against_at or claim.at, seeds)
    p = p_less(ours, claim.factor * theirs)
    other = "**reversed**" if p_less(theirs, ours) < SURE else "not seen"
    verdict = "**reproduced**" if p < SURE else other
    return [claim.method, claim.says, in_words(ours), in_words(theirs), f"{p:.2g}", str(len(seeds)), verdict]


def in_words(values: FloatArray) -> str:
    """Median and quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75])
    return f"{median:.3g} ({low:.3g} to {high:.3g})"


def row(cells: list[str]) -> str:
    """Of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def write_tables(path: Path, runs: Runs) -> None:
    """The verdicts, then each suite's losses, all arms."""
    lines = [
        "# Verdicts on published strategies",
        "",
        "Made by `benchmarks/strategy_verdicts.py`, which says what is measured; losses, so less is better: median",
        "and quartiles over seeds. *Other* is what the claim compares with; p is of a paired, one-sided Wilcoxon test.",
        "",
        row(["method", "claim", "it", "other", "p", "seeds", "verdict"]),
        row(["---"] * 4 + ["---:"] * 2 + ["---"]),
        *(row(cells) for claim in CLAIMS if (cells := judged(runs, claim)) is not None),
    ]
    for name, unit in UNITS.items():
        every = (8, 16, 24, 40) if name == "micro" else (20, 40, 60, 100, 150, 200, 300)
        shown = [at for at in every if at in points_of(name)]
        lines += ["", f"## {name}", ""]
        lines += [f"Missing after so many evaluations, {unit}; best first.", ""]
        lines += [
            row(["arm", *map(str, shown), "ms per proposal", "seeds"]),
            row(["---"] + ["---:"] * (len(shown) + 2)),
        ]
        arms = {arm: seeds_of(runs, name, arm) for arm in (MICRO if name == "micro" else SUITES[name].arms)}
        arms = {arm: seeds for arm, seeds in arms.items() if seeds}
        order = sorted(arms, key=lambda arm: float(np.median(losses(runs, name, arm, arms[arm])[:, -1])))
        for arm in order:
            found = losses(runs, name, arm, arms[arm])
            own = np.median([float(str(runs[name][arm][seed]["ms_per_proposal"])) for seed in arms[arm]])
            cells = [in_words(found[:, column(name, at)]) for at in shown]
            lines.append(row([arm, *cells, f"{own:.3g}", str(len(arms[arm]))]))
    write_atomic(path, "\n".join(lines) + "\n")
