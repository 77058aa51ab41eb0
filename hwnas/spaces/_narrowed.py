"""Any space, with fewer options of its choices: those that a training left, or widths that a device likes.

What is left is a space like any other; its architectures are architectures of the whole one, and so are its networks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.sub_space import SubSpace

NARROWED_TO = "narrowed_to"


def narrowed(space: SearchSpace, options: object) -> SearchSpace:
    """`space` whose choices keep only these options, lists by name of choice; one that is not named keeps all.

    Raises:
        InputError: a choice or an option is unknown, or nothing is left of a choice.
    """
    if not isinstance(options, Mapping) or not all(isinstance(some, Sequence) for some in options.values()):
        raise InputError(
            f"A space is narrowed to lists of options by choice, such as {{'depth': [1, 2]}}, got {quoted(options)}."
        )
    part = SubSpace(space, {name: tuple(some) for name, some in options.items()})
    if part.is_whole:
        return space
    pairs = zip(space.choices, part.allowed, strict=True)
    allowed = {choice.name: tuple(choice.options[i] for i in indices) for choice, indices in pairs}
    lacking = {c.name: list(allowed[c.name]) for c in space.choices if len(allowed[c.name]) < len(c.options)}
    before = cast("Mapping[str, object]", space.parameters.get(NARROWED_TO, {}))
    return restricted(space, allowed, {NARROWED_TO: {**before, **lacking}})


def narrowed_again(space: SearchSpace, settings: Mapping[str, object]) -> SearchSpace:
    """The space, narrowed where settings say so and it is not yet. Raises as `narrowed`."""
    again = NARROWED_TO in settings and NARROWED_TO not in space.parameters
    return narrowed(space, settings[NARROWED_TO]) if again else space


def said_of_narrowing(space: SearchSpace) -> list[str]:
    """How far a space was narrowed, in a sentence; none where it was not."""
    if NARROWED_TO not in space.parameters:
        return []
    options = cast("Mapping[str, Sequence[Option]]", space.parameters[NARROWED_TO])
    whole = next(of for of in space.lineage() if NARROWED_TO not in of.parameters)
    left = narrowed(whole, options)  # without what was added since, such as bits
    kept = "; ".join(f"{name} {', '.join(map(str, some))}" for name, some in options.items())
    return [f"The training left {left.count():,} of {whole.count():,} sub-networks: {kept}."]


def restricted(
    space: SearchSpace, allowed: Mapping[str, tuple[Option, ...]], parameters: Mapping[str, object]
) -> SearchSpace:
    """`space` with these options of every choice, and what else it is called with."""
    choices = list(_left(space.choices, allowed))
    whole = _whole(space, choices)
    costs, features = space.costs, space.features
    return SearchSpace(
        choices,
        name=space.name,
        parameters={**space.parameters, **parameters},
        build=space.build,
        inputs=space.inputs,
        costs=None if costs is None else lambda genomes: costs(whole(genomes)),
        features=None if features is None else lambda genomes: features(whole(genomes)),
        feature_names=space.feature_names,
        lower=space.lower,
        for_files=space.for_files & {choice.name for choice in choices},
        base=space,
    )


def _left(choices: Sequence[Choice], allowed: Mapping[str, tuple[Option, ...]]) -> Iterator[Choice]:
    """The choices with the options that are kept; without those that only options that are gone would switch on."""
    gone: set[str] = set()
    for choice in choices:
        wanted = {parent: tuple(o for o in some if o in allowed[parent]) for parent, some in choice.active_if.items()}
        if not all(wanted.values()) or gone & wanted.keys():
            gone.add(choice.name)
        else:
            yield replace(choice, options=allowed[choice.name], active_if=wanted)


def _whole(space: SearchSpace, choices: Sequence[Choice]) -> Callable[[IntArray], IntArray]:
    """From genomes of the restricted choices ``(n, h)`` to genomes of the whole space ``(n, g)``."""
    place = {name: i for i, name in enumerate(space.names)}
    genes = [place[choice.name] for choice in choices]
    indices = [
        np.array([space.choices[i].options.index(o) for o in c.options]) for i, c in zip(genes, choices, strict=True)
    ]

    def whole(genomes: IntArray) -> IntArray:
        nearest = np.zeros((len(genomes), len(space.choices)), dtype=np.int64)
        for gene, index, column in zip(genes, indices, genomes.T, strict=True):
            nearest[:, gene] = index[column]
        return space.canonical(nearest)

    return whole
