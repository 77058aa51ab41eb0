"""A part of a search space: some choices keep only some of their options.

Genomes and architectures are those of the whole space, so whatever is known of them there holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.choice import Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.search_space import SearchSpace


@dataclass(frozen=True, eq=False)
class SubSpace:
    """The architectures of `space` whose active choices keep to `options`.

    Args:
        space: the whole.
        options: choice name to the options it keeps; a choice that is not named keeps all.

    Raises:
        InputError: a choice or an option is unknown, or a choice keeps none.
    """

    space: SearchSpace
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [name for name in self.options if name not in self.space.names]
        if unknown:
            listed = ", ".join(nearest_first(unknown[0], self.space.names)[:5])
            raise InputError(f"Space {quoted(self.space.name)} has no choice {quoted(unknown[0])}; nearest: {listed}.")
        for name, options in self.options.items():
            known_options = self.space.choices[self.space.names.index(name)].options
            if not options or any(option not in known_options for option in options):
                raise InputError(f"A sub-space needs some of {known_options} for choice {quoted(name)}, got {options}.")

    @cached_property
    def allowed(self) -> list[IntArray]:
        """For every gene the option indices it may have, rising."""
        return [
            np.array([i for i, option in enumerate(c.options) if option in self.options.get(c.name, c.options)])
            for c in self.space.choices
        ]

    @property
    def is_whole(self) -> bool:
        """Whether no choice lacks an option."""
        return all(len(allowed) == size for allowed, size in zip(self.allowed, self.space.sizes, strict=True))

    def sample(self, n: int, rng: np.random.Generator) -> IntArray:
        """Canonical random genomes ``(n, g)``, each choice uniform among what it keeps; repeats are possible.

        Of the whole space it draws exactly what `SearchSpace.sample` does.
        """
        drawn = rng.integers(0, np.array([len(allowed) for allowed in self.allowed]), size=(n, len(self.allowed)))
        columns = [allowed[column] for allowed, column in zip(self.allowed, drawn.T, strict=True)]
        return self.space.canonical(np.column_stack(columns))

    @cached_property
    def smallest(self) -> Architecture:
        """Every choice at the first option it keeps."""
        return self.space.decode(np.array([allowed[0] for allowed in self.allowed]))

    @cached_property
    def largest(self) -> Architecture:
        """Every choice at the last option it keeps."""
        return self.space.decode(np.array([allowed[-1] for allowed in self.allowed]))

    def holds(self, architecture: Mapping[str, Option]) -> bool:
        """Whether every active choice of `architecture` keeps to the options."""
        return all(architecture[name] in options for name, options in self.options.items() if name in architecture)

    def narrowed(self, options: Mapping[str, Sequence[Option]]) -> SubSpace:
        """The part of this one that also keeps to `options`.

        Raises:
            InputError: nothing is left of a choice.
        """
        both = {name: tuple(allowed) for name, allowed in self.options.items()}
        for name, allowed in options.items():
            both[name] = tuple(option for option in both.get(name, tuple(allowed)) if option in allowed)
        return SubSpace(self.space, both)
