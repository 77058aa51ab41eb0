"""The page of the comparison of training methods: verdicts, then every figure of every arm."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _saving import published
from _training_advice import ADVICE, COLUMNS, advice, among_the_best, shipped, shown, summary
from _training_figures import tau
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
the last word on a method. Publications mostly count steps or epochs, whatever a step costs; claims that begin with *in
equal steps* compare so. Bootstrap intervals of five seeds are somewhat too narrow.

- `micro_cell`: 256 cells that differ in operations, on 8x8 digits.
- `micro_widths`: 64 networks that differ in widths and depths, on 14x14 images of Fashion-MNIST.
- `kernels`: 32 networks of two to four blocks of `mobilenetv3`, which differ in kernel sizes, expansions and depth, on
  the same images.
- `pooling`: 15 networks that differ in where their resolution is halved, and have all weights in common, on the same
  images. `bmsn` was published for such a space; with one member it is `uniform` to the bit.
- `..._long`: four times as many passes; `..._short`: a quarter; `..._tuned`: supernets begin as the largest network,
  trained alone.

- **tau**: Kendall's tau-b of inherited accuracy, on examples for search, with accuracy alone on unseen examples;
  **same cost**: the mean of this tau within each quarter of the networks by multiply-adds; **top quarter**: the same
  among the best quarter by accuracy alone. *One seed*: the tau of one seed's accuracy alone
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
    names = ("tau", "same cost", "top quarter", "inherited", "gap small", "gap middle", "gap large", "regret")
    lines = [row("method", *names, "steps", "passes per second", "seeds"), row("---", *["---:"] * 11)]
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


def below(found: Mapping[str, Any]) -> str:
    """How far inherited accuracies go with steps, and which machine trained what."""
    of_arms = [list(runs.values()) for runs in found["arms"].values()]
    means = [[float(np.mean([run[of] for run in runs])) for runs in of_arms] for of in ("steps", "inherited")]
    said = (
        f"Steps and inherited accuracy have a tau of {tau(*map(np.array, means)):.2f}. "
        if len(set(means[0])) > 1
        else ""
    )
    counted = Counter(run["processor"] for runs in of_arms for run in runs)
    supernets = ", ".join(f"{processor} ({count})" for processor, count in sorted(counted.items()))
    few, of = found["examples"]
    if few < of:
        alone = float(np.mean(means[1]))
        luck = 1.96 * np.sqrt(alone * (1 - alone) * (1 / few - 1 / of))
        said += f"Inherited accuracies are of {few:,} of the {of:,} examples for search, which by chance may move all "
        said += f"gaps alike, by up to {100 * luck:.1f} points. "
    return f"{said}Machines: of the networks alone, {', '.join(found['machines'])}; of the supernets, {supernets}."


def took(found: Mapping[str, Any]) -> str:
    """How long its arms trained."""
    before = f" from the largest network, trained alone for {found['start']}" if found["start"] else ""
    return f"{found['passes']} passes{before}"


def write_page() -> None:
    """Put it there, of the results that are published."""
    result = published("training_methods")
    lines = [HEAD, *verdicts(result), "", "## Which method should I use?", "", ADVICE, "", *summary(result["spaces"])]
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
