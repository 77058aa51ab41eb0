"""Sections of the page on training methods about those that are not compared by their rankings."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

STREAMS = """## Streams of tasks

Five pairs of classes of Fashion-MNIST, learnt one after another in one set of weights (`exssnet`), made by
`benchmarks/task_streams.py`. **Accuracy** is the mean over pairs in the end, each among its two classes; **forgotten**
is what it was more when a pair had just been learnt; both in points. A mask has the share *density* of the weights.
"""
UNET = """## A smaller diffusion U-Net

A U-Net that tells the noise in 8x8 digits (`micro_unet`, `noisy_digits`) is trained, then made smaller by `diffnas`,
made by `benchmarks/smaller_unet.py`. **Error** is the mean squared error on unseen digits in hundredths of the noise's
variance, less is better; **multiply-adds** are those of the chosen network as a share of the original's. The arms
differ in how the blocks' losses count while the chosen network is retrained; all make as many steps and choose the same
network for a seed. *Original*: the network as it was trained; it was trained for {original} steps before, and `diffnas`
takes {steps} more.
"""


def row(*cells: str) -> str:
    """Of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def difference(said: Mapping[str, Any], sign: int = 1) -> str:
    """Of two arms, in hundredths, with its interval."""
    low, high = sorted(sign * end for end in said["interval"])
    return f"{100 * sign * said['mean']:.2f} ({100 * low:.2f} to {100 * high:.2f})"


def streams(result: Mapping[str, Any]) -> list[str]:
    """What became of claims on streams of tasks, and the means of every arm."""
    lines = [STREAMS, row("claim", "it", "other", "of", "density", "difference (95 %)", "verdict"), row(*["---"] * 7)]
    for said in result["verdicts"]:
        cells = (said["says"], said["arm"], said["against"], said["figure"], str(said["density"]))
        lines.append(row(*cells, difference(said), f"**{said['verdict']}**"))
    lines += ["", row("density", "arm", "accuracy", "forgotten", "seeds"), row("---", "---", *["---:"] * 3)]
    for density, found in result["figures"].items():
        for arm, runs in found.items():
            means = [f"{100 * np.mean([run[of] for run in runs.values()]):.2f}" for of in ("accuracy", "forgotten")]
            lines.append(row(density, arm, *means, str(len(runs))))
    return lines


def unet(result: Mapping[str, Any]) -> list[str]:
    """What became of claims on the joint loss, and the means of every arm."""
    lines = [UNET.format(**result["steps"]), row("claim", "it", "other", "difference of the error (95 %)", "verdict")]
    lines.append(row(*["---"] * 5))
    for said in result["verdicts"]:
        cells = (said["says"], said["arm"], said["against"], difference(said, -1), f"**{said['verdict']}**")
        lines.append(row(*cells))
    lines += ["", row("arm", "error", "multiply-adds", "seeds"), row("---", *["---:"] * 3)]
    for arm, runs in result["figures"].items():
        error, share = (100 * np.mean([run[of] for run in runs.values()]) for of in ("error", "macs"))
        lines.append(row(arm, f"{error:.2f}", f"{share:.0f} %", str(len(runs))))
    return lines


SECTIONS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {"task_streams": streams, "smaller_unet": unet}
"""By the results that they are made of."""
