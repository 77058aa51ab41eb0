"""What the comparison of training methods recommends, and what stands against it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from _saving import published
from _training_figures import SEEDS, compared, verdict
from _training_sections import row

ADVICE = """These are small networks and short trainings: where yours are larger, take this for where to begin, and
compare two methods on your own task with equal `--passes`. The table counts in how many of the spaces below where it
was tested a method is the best by a figure, or its difference from the best has an interval that holds 0; those with
the largest shares, tested in at least two."""
AMONG = """How much can be seen there is told by networks trained alone, without any sharing. **One seed**: the tau of
one seed's accuracy with the mean of the others. **Means**: what would be reached on average, against a truth of as many
seeds, by whoever knew what every network reaches on average. **Examples for search**: the same by whoever knew what it
reaches on average on these examples, where inherited accuracy is measured: they are others than the unseen ones of the
truth, and among the best it counts which these are (95 % interval over networks). A method cannot be asked for more
than either; what it has above is luck. *-*: too few seeds to tell. In `micro_cell` the 128 best cells by the shipped
seeds have more of them, and the top quarter is that of these; others would belong to it, had they as many."""
COLUMNS = ("tau", "tau_alike", "tau_top", "inherited", "gap_small", "gap_middle", "gap_large", "regret")
IN_POINTS = (*COLUMNS[3:],)
MOST_OFTEN = 4  # arms that are named for a purpose
PURPOSES = {
    "tau": ("to rank sub-networks", 1),
    "tau_alike": ("to rank sub-networks of about the same cost", 1),
    "inherited": ("to hand sub-networks out as they are", 1),
    "gap_small": ("for small sub-networks", -1),
    "gap_large": ("for large sub-networks", -1),
    "regret": ("to choose one sub-network within a budget", -1),
}
"""What a figure is good for, and its direction."""


def shown(figure: str, value: float) -> str:
    """A share in per cent, a tau with two decimals."""
    return f"{100 * value:.2f}" if figure in IN_POINTS else f"{value:.2f}"


def standing(arms: Mapping[str, Mapping[str, Any]], figure: str) -> tuple[str, float, list[str]]:
    """The best arm by a figure, its mean, and the others that seeds do not tell from it."""
    _, sign = PURPOSES[figure]
    values = {arm: [sign * runs[str(seed)][figure] for seed in range(SEEDS)] for arm, runs in arms.items()}
    best = max(values, key=lambda arm: float(np.mean(values[arm])))
    alike = [arm for arm in values if arm != best and verdict(compared(values[best], values[arm])[1]) != "reproduced"]
    return best, sign * float(np.mean(values[best])), sorted(alike)


def tested(found: Mapping[str, Any], figure: str) -> dict[str, Mapping[str, Any]]:
    """Arms of a space with seeds enough; none where they do not have the figure."""
    return {arm: runs for arm, runs in found["arms"].items() if len(runs) >= SEEDS and figure in runs["0"]}


def summary(spaces: Mapping[str, Any]) -> list[str]:
    """For each purpose the arms that are most often among the best, and where counting multiply-adds is no worse."""
    lines = [row("", "among the best in so many of so many spaces"), row("---", "---")]
    for figure, (purpose, _) in PURPOSES.items():
        among, of = Counter[str](), Counter[str]()
        for found in spaces.values():
            if arms := tested(found, figure):
                best, _, alike = standing(arms, figure)
                among.update([best, *alike])
                of.update([*arms])
        often = sorted((arm for arm in among if of[arm] > 1), key=lambda arm: (-among[arm] / of[arm], -of[arm], arm))
        said = ", ".join(f"`{arm}` ({among[arm]} of {of[arm]})" for arm in often[:MOST_OFTEN])
        if among.total() > of.total() / 2:
            said = f"{among.total()} of {of.total()} are, so seeds do not tell which method to take"
        lines.append(row(purpose, said or "-"))
    return [*lines, "", *by_counting(spaces)]


def by_counting(spaces: Mapping[str, Any]) -> list[str]:
    """In which spaces a ranking by multiply-adds is at least as good as that by the best method."""
    said = []
    for figure, of in (("tau", "sub-networks"), ("tau_alike", "those of about the same cost")):
        sizes = {name: found["by_size"][figure] for name, found in spaces.items() if figure in found.get("by_size", {})}
        best = {name: best_by(spaces[name], figure) for name in sizes}
        known = {f"`{name}`": level[1] <= sizes[name] for name, level in best.items() if level}
        worse = [name for name, held in known.items() if not held]
        if known and len(worse) < len(known):
            but = f", not in {', '.join(worse)}" if worse else ""
            said.append(f"{of} in {len(known) - len(worse)} of {len(known)} spaces{but}")
    together = "; ".join(said)
    return [f"**More multiply-adds taken for better rank no worse than the best method**: {together}."] if said else []


def advice(found: Mapping[str, Any]) -> list[str]:
    """For each purpose the best arm of a space, and those that seeds do not tell from it."""
    lines = []
    for figure, (purpose, _) in PURPOSES.items():
        if arms := tested(found, figure):
            best, mean, alike = standing(arms, figure)
            others = ", ".join(f"`{arm}`" for arm in alike) or "none"
            lines.append(f"- {purpose}: `{best}` ({shown(figure, mean)}); not told apart from it: {others}")
    if not lines:
        return ["Nothing yet: no method has seeds enough."]
    if sizes := found.get("by_size"):
        names = {"tau": "tau", "tau_alike": "at the same cost", "regret": "regret"}
        said = ", ".join(f"{name} {shown(figure, sizes[figure])}" for figure, name in names.items() if figure in sizes)
        lines.append(f"- more multiply-adds taken for better, without any training: {said}")
    return lines


def best_by(found: Mapping[str, Any], figure: str) -> tuple[str, float] | None:
    """The arm of a space with the largest mean, and that; None where none has seeds enough, or the figure."""
    arms = tested(found, figure)
    means = [(float(np.mean([run[figure] for run in runs.values()])), arm) for arm, runs in arms.items()]
    return max(means)[::-1] if means else None


def shipped(result: Mapping[str, Any]) -> list[str]:
    """By what the shipped supernet is trained, how good it is, and what stands against the recommended method."""
    quality = published("supernet_quality")
    training, rows = quality["training"], {row.get("name"): row for row in quality["architectures"]}
    method, steps = dict(training["method"]), training["steps"]
    passes = steps * (2 + method["randoms"])
    inherited = {name: f"{100 * rows[name]['inherited']:.2f} %" for name in ("smallest", "largest")}
    said = []
    for name in ("micro_widths", "micro_widths_long"):
        arms, taken = tested(result["spaces"][name], "inherited"), result["spaces"][name]["passes"]
        best, mean, _ = standing(arms, "inherited")
        level = [[runs[str(seed)]["inherited"] for seed in range(SEEDS)] for runs in (arms[best], arms[method["name"]])]
        ahead, (low, high) = compared(*level)
        said.append(
            f"`{best}` after {taken:,} passes ({100 * mean:.2f} %, {100 * ahead:.2f} ({100 * low:.2f} to "
            f"{100 * high:.2f}) points more than `{method['name']}`)"
        )
    return [
        f"It was trained by `{method['name']}` with {method['randoms']} random sub-network per step: {steps:,} steps, "
        f"{passes:,} passes, {training['seconds']:,} seconds of one core. Its smallest sub-network has "
        f"{inherited['smallest']}, its largest {inherited['largest']}, and the {quality['trained_alone']} that were "
        f"trained alone inherit {100 * quality['mean_gap']:.2f} points less than they reach so; asked for were 92 %, "
        "93.5 % and 0.3 points. **It does not follow the recommendation above**, which for handing out sub-networks "
        f"of different widths and depths is {' and '.join(said)}. What stands against it: that comparison ends at "
        f"{taken:,} passes, one {passes / taken:.0f}th of that training, on far smaller networks, so it cannot tell "
        f"which is ahead after {passes:,}; to find out takes those {training['seconds'] / 3600:.1f} hours for each "
        f"method and seed, which were not spent; and the largest network reaches {100 * rows['largest']['alone']:.2f} "
        "% alone, so that 93.5 % leaves an inherited one next to nothing to lose."
    ]


def among_the_best(result: Mapping[str, Any]) -> list[str]:
    """What can be seen of rankings among the best, beside what the truth and its examples leave."""
    said = [
        f"{best[1]:.2f} (`{best[0]}`) in `{name}`"
        for name, found in result["spaces"].items()
        if (best := best_by(found, "tau_top"))
    ]
    lines = ["A tau of 0.5 in the top quarter was aimed for. The best of the methods have " + ", ".join(said) + "."]
    lines += ["", AMONG, "", row("networks alone", "seeds", "one seed", "means", "examples for search")]
    lines.append(row("---", *["---:"] * 4))
    for name, found in result["truths"].items():
        if "tau_top" not in found:
            continue
        fewest, most = found["seeds"]
        seeds = str(most) if fewest == most else f"{fewest} to {most}"
        known = "-"
        if "tau_top_of_search" in found:
            low, high = found["tau_top_of_search_interval"]
            known = f"{found['tau_top_of_search']:.2f} ({low:.2f} to {high:.2f})"
        lines.append(row(f"`{name}`", seeds, f"{found['tau_top']:.2f}", f"{found['tau_top_of_means']:.2f}", known))
    return lines
