"""One result per architecture, whatever was measured several times."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Result


def newest(results: Sequence[Result]) -> list[Result]:
    """Of each architecture only the results of the provenance that answered last: figures of another device or
    function are no repeats.
    """
    last = {r.trial.architecture: r.provenance for r in results}
    return [r for r in results if r.provenance == last[r.trial.architecture]]


def merged(results: Sequence[Result]) -> list[Result]:
    """One result per architecture, of the newest provenance, with mean figures; failures and lower fidelities left
    out.
    """
    groups: dict[Architecture, list[Result]] = {}
    for r in newest([r for r in results if r.error is None and r.trial.fidelity == "full"]):
        groups.setdefault(r.trial.architecture, []).append(r)
    return [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            figures={
                name: float(np.mean([r.figures[name] for r in group]))
                for name in group[0].figures
                if all(name in r.figures for r in group)
            },
        )
        for group in groups.values()
    ]
