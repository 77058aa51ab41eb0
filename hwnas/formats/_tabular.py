"""The space of a table whose networks hwnas cannot build: its choices are what occurs in the table.

Latencies can be predicted in it; there is nothing to train or to export. What a format knows of its networks goes in
beside the choices, as data: the edges of a cell, or which numbers multiply to what a device has to do.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._executed import executed_features

TABULAR = "tabular"

Features = Callable[[IntArray], FloatArray]


def tabular(
    choices: Mapping[str, Sequence[Option]],
    cell: Mapping[str, object] | None = None,
    products: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> SearchSpace:
    """The space with these choices; those whose options are all numbers are ordered.

    Args:
        choices: their options by name.
        cell: what `executed_features` is called with, where the choices are the edges of a cell.
        products: ways to describe a network (see `hwnas.predictors._views`), each a list of products of ordered
            choices, given by their names.

    Features: those of the cell and the products; where neither is given, the values of ordered choices, and, per set
    of options that several unordered choices share, how often each of them occurs.

    Raises:
        InputError: the choices are not such a mapping, or the rest does not fit them.
    """
    if not isinstance(choices, Mapping) or not all(isinstance(v, list | tuple) for v in choices.values()):
        raise InputError(f"Space {TABULAR!r} needs its choices with their options, got {quoted(choices)}.")
    made = [
        Choice(name, tuple(options), ordered=not any(isinstance(o, str) for o in options))
        for name, options in choices.items()
    ]
    parts = [_cell(made, cell)] if cell is not None else []
    parts += [_products(made, products)] if products is not None else []
    parts = parts or [_plain(made)]

    def features(genomes: IntArray) -> FloatArray:
        return np.concatenate([part(genomes) for part, _ in parts], axis=1)

    given = {"choices": {name: list(options) for name, options in choices.items()}, "cell": cell, "products": products}
    return SearchSpace(
        made,
        name=TABULAR,
        parameters={name: value for name, value in given.items() if value is not None},
        features=features,
        feature_names=[name for _, names in parts for name in names],
    )


def _cell(choices: Sequence[Choice], cell: Mapping[str, object]) -> tuple[Features, Sequence[str]]:
    try:
        return executed_features(choices, **cell)  # type: ignore[arg-type]  # from a file: refused below
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"Space {TABULAR!r} cannot have the cell {quoted(cell)}: {error}; import the table again."
        ) from error


def _products(
    choices: Sequence[Choice], products: Mapping[str, Sequence[Sequence[str]]]
) -> tuple[Features, Sequence[str]]:
    numbers = {choice.name: i for i, choice in enumerate(choices) if choice.ordered}
    try:
        along = [(way, tuple(names)) for way, products_of in products.items() for names in products_of]
        columns = [[numbers[name] for name in names] for _, names in along]
    except KeyError as error:
        raise InputError(f"Only numbers can be multiplied, got the choice {error}; mend its column.") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"Space {TABULAR!r} needs lists of products by way, got {quoted(products)}.") from error
    values = {i: np.array(choices[i].options, dtype=np.float64) for i in numbers.values()}

    def features(genomes: IntArray) -> FloatArray:
        products_of = [np.prod([values[i][genomes[:, i]] for i in of], axis=0) for of in columns]
        return np.stack(products_of, axis=1) if products_of else np.empty((len(genomes), 0))

    return features, [f"{way}:{'*'.join(names)}" for way, names in along]


def _plain(choices: Sequence[Choice]) -> tuple[Features, Sequence[str]]:
    values = [i for i, choice in enumerate(choices) if choice.ordered]
    groups: dict[tuple[Option, ...], list[int]] = {}
    for i, choice in enumerate(choices):
        if not choice.ordered:
            groups.setdefault(choice.options, []).append(i)
    alike = {options: members for options, members in groups.items() if len(members) > 1}

    def features(genomes: IntArray) -> FloatArray:
        columns = [np.array(choices[i].options, dtype=np.float64)[genomes[:, i]] for i in values]
        for options, members in alike.items():
            columns += [(genomes[:, members] == j).sum(axis=1).astype(np.float64) for j in range(len(options))]
        return np.stack(columns, axis=1) if columns else np.empty((len(genomes), 0))

    names = [choices[i].name for i in values]
    return features, names + [f"{option}.count{number}" for number, options in enumerate(alike) for option in options]
