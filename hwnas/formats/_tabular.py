"""The space of a table whose networks hwnas cannot build: its choices are what occurs in the table.

Latencies can be predicted in it; there is nothing to train or to export.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import SearchSpace

TABULAR = "tabular"


def tabular(choices: Mapping[str, Sequence[Option]]) -> SearchSpace:
    """The space with these choices; those whose options are all numbers are ordered.

    Features: the values of ordered choices; and, per set of options that several unordered choices share (the edges
    of a cell), how often each of them occurs.

    Raises:
        InputError: the choices are not such a mapping.
    """
    if not isinstance(choices, Mapping) or not all(isinstance(v, list | tuple) for v in choices.values()):
        raise InputError(f"Space {TABULAR!r} needs its choices with their options, got {choices!r}.")
    made = [
        Choice(name, tuple(options), ordered=not any(isinstance(o, str) for o in options))
        for name, options in choices.items()
    ]
    values = [i for i, choice in enumerate(made) if choice.ordered]
    groups: dict[tuple[Option, ...], list[int]] = {}
    for i, choice in enumerate(made):
        if not choice.ordered:
            groups.setdefault(choice.options, []).append(i)
    alike = {options: members for options, members in groups.items() if len(members) > 1}

    def features(genomes: IntArray) -> FloatArray:
        columns = [np.array(made[i].options, dtype=np.float64)[genomes[:, i]] for i in values]
        for options, members in alike.items():
            columns += [(genomes[:, members] == j).sum(axis=1).astype(np.float64) for j in range(len(options))]
        return np.stack(columns, axis=1) if columns else np.empty((len(genomes), 0))

    names = [made[i].name for i in values]
    names += [f"{option}.count{number}" for number, options in enumerate(alike) for option in options]
    return SearchSpace(
        made,
        name=TABULAR,
        parameters={"choices": {name: list(options) for name, options in choices.items()}},
        features=features,
        feature_names=names,
    )
