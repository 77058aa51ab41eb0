"""What matters in a cell, as features of its space: what is on the paths from its input to its output.

An operation that no unbroken path leads through changes nothing, and two cells whose paths hold the same operations
compute much the same. Predictors and the strategy `surrogate` learn cells from far fewer evaluations when they know.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted


def path_features(
    choices: Sequence[Choice],
    paths: Sequence[Sequence[str]],
    *,
    broken: Option | None = "none",
    passing: Option | None = "skip",
) -> Callable[[IntArray], FloatArray]:
    """Features for ``SearchSpace(choices, features=...)``, ``(n, g) -> (n, f)``.

    In this order: each option on each edge that is on an unbroken path; how many such edges have each option; whether
    there is no unbroken path; how many there are, and how many of them only pass; the sums over them of each
    option that does not pass; the most on one of them of each, and of all but each; the sum and the most of all.

    Args:
        choices: the edges of the cell, all with the same options.
        paths: the names of the choices along each path from input to output.
        broken: the option that interrupts a path; None: there is none.
        passing: the option that hands its input on as it is; None: there is none.

    Raises:
        InputError: the choices have different options, or a name is unknown.
    """
    options = choices[0].options if choices else ()
    names = [choice.name for choice in choices]
    if any(choice.options != options for choice in choices):
        raise InputError(f"The edges of a cell need the same options, got {[c.options for c in choices]}; unite them.")
    if not choices or not all(paths) or not paths:
        raise InputError(f"Features of paths need edges and paths, got {len(choices)} and {len(paths)}; name them.")
    if unknown := [name for path in paths for name in path if name not in names]:
        raise InputError(f"Paths name the choices {names}, got {quoted(unknown[0])}; correct it.")
    along = [[names.index(name) for name in path] for path in paths]
    unbroken = [i for i, option in enumerate(options) if option != broken]
    working = [i for i, option in enumerate(unbroken) if options[option] != passing]

    def features(genomes: IntArray) -> FloatArray:
        is_option = genomes[:, :, None] == np.array(unbroken)  # (n, g, kept)
        whole = np.stack([is_option[:, path].any(axis=2).all(axis=1) for path in along], axis=1)
        live = np.stack([whole[:, [g in path for path in along]].any(axis=1) for g in range(len(names))], axis=1)
        alive = is_option & live[:, :, None]
        on_path = np.stack([is_option[:, path].sum(axis=1) for path in along], axis=1) * whole[:, :, None]
        on_path = on_path[:, :, working]
        work = on_path.sum(axis=2)
        columns = [
            alive.reshape(len(genomes), -1),
            alive.sum(axis=1),
            ~whole.any(axis=1, keepdims=True),
            whole.sum(axis=1, keepdims=True),
            (whole & (work == 0)).sum(axis=1, keepdims=True),
            on_path.sum(axis=1),
            on_path.max(axis=1),
            (work[:, :, None] - on_path).max(axis=1),
            work.sum(axis=1, keepdims=True),
            work.max(axis=1, keepdims=True),
        ]
        return np.concatenate(columns, axis=1).astype(np.float64)

    return features
