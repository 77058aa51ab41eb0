"""The page of the comparison of training methods: verdicts, then every figure of every arm."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _saving import published
from _training_figures import SEEDS, compared, tau, verdict
from _training_sections import SECTIONS, row

from hwnas.contracts.files import write_atomic

PAGE = Path(__file__).parents[1] / "docs" / "training_methods.md"
HEAD = """# Training methods, tested on networks that were trained alone

Made by `benchmarks/training_methods.py`, which says what is measured. Per space: every method makes the same number of
sub-network passes from the same first weights, and every network that was trained alone then inherits from it, with
batch-norm statistics measured alike. Settings are the defaults but for those named; the learning rate is that of the
recipe, the same for all, and was tuned for none. Means over seeds.

**The trainings are short.** With equal passes a method that trains four sub-networks per step makes a quarter of the
steps of one that trains a single one, and here neither has converged. So a verdict is one on short trainings, and not
the last word on a method. Bootstrap intervals of five seeds are somewhat too narrow.

- **tau**: Kendall's tau-b of inherited accuracy, on examples for search, with accuracy alone on unseen examples;
  **top quarter**: the same among the best quarter by accuracy alone. *One seed*: the tau of one seed's accuracy alone
  with the mean of the others, where there are several; that is what training every network alone once would give.
  *Multiply-adds*: the tau of their number, which costs no training at all.
- **inherited**: mean inherited accuracy. **Gaps**: accuracy alone less inherited accuracy, in points, over the eighth
  of the networks with the fewest, middle and most multiply-adds. *-*: too few networks are in that part, or in the top
  quarter.
- **regret**: points of accuracy alone that are lost by taking the best by inherited accuracy, on average within a
  quarter, a half, three quarters and all of the networks by multiply-adds.
- **steps**: updates of the shared weights. **passes per second** of processor time, on the machine that made the row.

Below each table stands which machine trained what, and how far inherited accuracies go with nothing but the number of
steps. Speeds of several machines are not to be compared. Accuracies may be: rounding differs between machines, so the
same seed may end elsewhere, as another seed would.
"""
ADVICE = """The best of each figure below, and the methods whose difference from it has an interval that holds 0. These
are small networks and short trainings: where yours are larger, take this for where to begin, and compare two methods on
your own task with equal `--passes`."""
AMONG = """How much can be seen there is told by networks trained alone, without any sharing. **One seed**: the tau of
one seed's accuracy with the mean of the others. **Means**: what would be reached on average, against a truth of as many
seeds, by whoever knew what every network reaches on average. **Examples for search**: the same by whoever knew what it
reaches on average on these examples, where inherited accuracy is measured: they are others than the unseen ones of the
truth, and among the best it counts which these are (95 % interval over networks). A method cannot be asked for more
than either; what it has above is luck. *-*: too few seeds to tell. In `micro_cell` the 128 best cells by the shipped
seeds have more of them, and the top quarter is that of these; others would belong to it, had they as many."""
COLUMNS = ("tau", "tau_top", "inherited", "gap_small", "gap_middle", "gap_large", "regret")
IN_POINTS = (*COLUMNS[2:],)
PURPOSES = {
    "tau": ("to rank sub-networks", 1),
    "inherited": ("to hand sub-networks out as they are", 1),
    "gap_small": ("for small sub-networks", -1),
    "gap_large": ("for large sub-networks", -1),
    "regret": ("to choose one sub-network within a budget", -1),
}
"""What a figure is good for, and its direction."""


def shown(figure: str, value: float) -> str:
    """A share in per cent, a tau with two decimals."""
    return f"{100 * value:.2f}" if figure in IN_POINTS else f"{value:.2f}"


def mean_of(figure: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """Of runs; a dash where they do not have the figure."""
    return shown(figure, float(np.mean([run[figure] for run in runs]))) if figure in runs[0] else "-"


def verdicts(result: Mapping[str, Any]) -> list[str]:
    """The table of claims."""
    lines = [row("claim", "it", "other", "of", "space", "difference (95 %)", "seeds", "verdict"), row(*["---"] * 8)]
    for said in result["verdicts"]:
        sign = -1 if said["less"] else 1
        ends = sorted(sign * end for end in said["interval"])
        mean, low, high = (shown(said["figure"], value) for value in (sign * said["mean"], *ends))
        of = said["figure"].replace("_", " ")
        other = said["against"] + (f" of {said['against_space']}" if said["against_space"] else "")
        cells = (said["says"], said["arm"], other, of, said["space"], f"{mean} ({low} to {high})")
        lines.append(row(*cells, str(said["seeds"]), f"**{said['verdict']}**"))
    return lines


def arms(found: Mapping[str, Any]) -> list[str]:
    """The table of a space, best ranking first."""
    names = ("tau", "top quarter", "inherited", "gap small", "gap middle", "gap large", "regret")
    lines = [row("method", *names, "steps", "passes per second", "seeds"), row("---", *["---:"] * 10)]
    for name, alone in (("one seed", found["ceiling"]), ("multiply-adds", found.get("by_size"))):
        if alone:
            lines.append(row(f"*{name}*", *(mean_of(figure, [alone]) for figure in COLUMNS), *["-"] * 3))
    order = sorted(found["arms"], key=lambda arm: -np.mean([run["tau"] for run in found["arms"][arm].values()]))
    for arm in order:
        runs = list(found["arms"][arm].values())
        means = [mean_of(name, runs) for name in COLUMNS]
        speed = np.mean([run["passes"] / run["seconds"] for run in runs])
        lines.append(row(arm, *means, str(runs[0]["steps"]), f"{speed:.0f}", str(len(runs))))
    return lines


def advice(found: Mapping[str, Any]) -> list[str]:
    """For each purpose the best arm of a space, and those that seeds do not tell from it."""
    arms = {arm: runs for arm, runs in found["arms"].items() if len(runs) >= SEEDS}
    if not arms:
        return ["Nothing yet: no method has seeds enough."]
    lines = []
    known = next(iter(arms.values()))["0"]
    for figure, (purpose, sign) in PURPOSES.items():
        if figure not in known:
            continue
        values = {arm: [sign * runs[str(seed)][figure] for seed in range(SEEDS)] for arm, runs in arms.items()}
        best = max(values, key=lambda arm: float(np.mean(values[arm])))
        intervals = {arm: compared(values[best], values[arm])[1] for arm in values if arm != best}
        alike = [f"`{arm}`" for arm, interval in intervals.items() if verdict(interval) != "reproduced"]
        level = shown(figure, sign * float(np.mean(values[best])))
        lines.append(f"- {purpose}: `{best}` ({level}); not told apart from it: {', '.join(sorted(alike)) or 'none'}")
    if sizes := found.get("by_size"):
        said = ", ".join(f"{figure} {shown(figure, sizes[figure])}" for figure in ("tau", "regret"))
        lines.append(f"- more multiply-adds taken for better, without any training: {said}")
    return lines


def best_by(found: Mapping[str, Any], figure: str) -> tuple[str, float] | None:
    """The arm of a space with the largest mean, and that; None where none has seeds enough, or the figure."""
    enough = {arm: runs.values() for arm, runs in found["arms"].items() if len(runs) >= SEEDS}
    of_arms = [
        (float(np.mean([run[figure] for run in runs])), arm)
        for arm, runs in enough.items()
        if all(figure in run for run in runs)
    ]
    return max(of_arms)[::-1] if of_arms else None


def shipped(result: Mapping[str, Any]) -> list[str]:
    """By what the shipped supernet is trained, how good it is, and what stands against the recommended method."""
    quality = published("supernet_quality")
    training, rows = quality["training"], {row.get("name"): row for row in quality["architectures"]}
    method, steps = dict(training["method"]), training["steps"]
    passes = steps * (2 + method["randoms"])
    found = result["spaces"]["micro_widths"]
    best, _ = best_by(found, "inherited") or ("none", 0.0)
    inherited = {name: f"{100 * rows[name]['inherited']:.2f} %" for name in ("smallest", "largest")}
    return [
        f"It was trained by `{method['name']}` with {method['randoms']} random sub-network per step: {steps:,} steps, "
        f"{passes:,} passes, {training['seconds']:,} seconds of one core. Its smallest sub-network has "
        f"{inherited['smallest']}, its largest {inherited['largest']}, and the {quality['trained_alone']} that were "
        f"trained alone inherit {100 * quality['mean_gap']:.2f} points less than they reach so; asked for were 92 %, "
        f"93.5 % and 0.3 points. **It does not follow the recommendation above**, which for handing out is "
        f"`{best}`. What stands against it: the comparison has {found['passes']} passes, one "
        f"{passes / found['passes']:.0f}th of that training, on far smaller networks, so it cannot tell which is ahead "
        f"there; to find out takes those {training['seconds'] / 3600:.1f} hours for each method and seed, which "
        f"were not spent; and the largest network reaches {100 * rows['largest']['alone']:.2f} % alone, so that 93.5 % "
        "leaves an inherited one next to nothing to lose."
    ]  # fmt: skip


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


def below(found: Mapping[str, Any]) -> str:
    """How far inherited accuracies go with steps, and which machine trained what."""
    of_arms = [list(runs.values()) for runs in found["arms"].values()]
    means = [[float(np.mean([run[of] for run in runs])) for runs in of_arms] for of in ("steps", "inherited")]
    said = f"Steps and inherited accuracy have a tau of {tau(*map(np.array, means)):.2f}. " if len(of_arms) > 2 else ""
    counted = Counter(run.get("processor", "not recorded") for runs in of_arms for run in runs)
    supernets = ", ".join(f"{processor} ({count})" for processor, count in sorted(counted.items()))
    few, of = found.get("examples", (0, 0))
    if few < of:
        alone = float(np.mean(means[1]))
        luck = 1.96 * np.sqrt(alone * (1 - alone) * (1 / few - 1 / of))
        said += f"Inherited accuracies are of {few:,} of the {of:,} examples for search, which by chance may move all "
        said += f"gaps alike, by up to {100 * luck:.1f} points. "
    if "machines" not in found:
        return f"{said}Machine: {supernets}; right answers were not kept, so figures rest on the seeds alone of then."
    return f"{said}Machines: of the networks alone, {', '.join(found['machines'])}; of the supernets, {supernets}."


def took(found: Mapping[str, Any]) -> str:
    """How long its arms trained."""
    before = f" from the largest network, trained alone for {found['start']}" if found["start"] else ""
    return f"{found['passes']} passes{before}"


def write_page() -> None:
    """Put it there, of the results that are published."""
    result = published("training_methods")
    lines = [HEAD, *verdicts(result), "", "## Which method should I use?", "", ADVICE]
    for name, found in result["spaces"].items():
        lines += ["", f"In `{name}`, {took(found)}:", "", *advice(found)]
    lines += ["", "### Among the best", "", *among_the_best(result)]
    lines += ["", "### The shipped supernet", "", *shipped(result)]
    for name, found in result["spaces"].items():
        lines += ["", f"## {name}: {took(found)}", "", *arms(found), "", below(found)]
        if found["faults"]:
            lines += ["", *(f"- `{row['arm']}`, seed {row['seed']}: {row['fault']}." for row in found["faults"])]
    for name, section in SECTIONS.items():
        if found := published(name):
            lines += ["", *section(found)]
    if result["not_run"]:
        lines += ["", "Not run: " + "; ".join(result["not_run"]) + "."]
    write_atomic(PAGE, "\n".join(lines) + "\n")
