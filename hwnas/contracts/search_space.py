"""What can be searched: the choices, which of them are active given others, and how to build a network.

An architecture is stored as a genome: one option index per choice, in the order of the choices. A genome is
*canonical* when every inactive gene is 0, so equal networks have equal genomes.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.axes import AxisTree
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.limits import MOST_INPUT_VALUES
from hwnas.contracts.nearest import nearest_first
from hwnas.contracts.words import one_of

if TYPE_CHECKING:
    from torch import nn

Dtype = Literal["float32", "int64"]
Build = Callable[[Architecture], "nn.Module"]
Calibration = Sequence[np.ndarray] | None
"""Training examples, one array per input, ``(n, ...)`` each; None where only the time matters."""
Lower = Callable[[Architecture, "nn.Module", Calibration], "nn.Module"]
Relax = Callable[[], "nn.Module"]


@dataclass(frozen=True)
class InputSpec:
    """One input of a network, without its batch dimension.

    Args:
        name: the ONNX input name.
        shape: sizes after the batch, such as ``(1, 28, 28)``.
        dtype: ``float32`` or ``int64``.
        high: exclusive upper bound of integer inputs (a vocabulary size); ignored for floats.

    Raises:
        InputError: the type is unknown, a size is not positive, or there are more values than `MOST_INPUT_VALUES`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: Dtype = "float32"
    high: int = 2

    def __post_init__(self) -> None:
        one_of(f"the dtype of input {quoted(self.name)}", self.dtype, get_args(Dtype))
        if not all(size > 0 for size in self.shape) or math.prod(self.shape) > MOST_INPUT_VALUES:
            raise InputError(
                f"Input {quoted(self.name)} needs positive sizes and at most {MOST_INPUT_VALUES} values per example, "
                f"got {quoted(self.shape)}; give smaller sizes, without the batch."
            )


class SearchSpace:
    """The choices of a family of networks, and what the family knows about its members.

    Args:
        choices: at least one, names unique; parents of conditions must be choices too, without cycles.
        name: the file name of a built-in or plugged-in space, or any label for one's own.
        parameters: what `name` was called with, JSON only; enough to make the same space again.
        build: ``build(architecture)`` gives an ordinary static PyTorch network. The same place in the network
            has the same parameter name in every architecture. Not needed to search a plain function.
        inputs: the network's inputs, in the order of its forward arguments.
        costs: exact figures of canonical genomes ``(n, g)``, each ``(n,)``: at least ``macs`` (multiply-adds of
            one example) and ``params`` (count). None: found by tracing, slowly.
        features: what matters to hardware, ``(n, g) -> (n, f)``; None: only the genes are known.
        feature_names: one per feature.
        lower: ``lower(architecture, network, calibration)`` gives what is written to a file for a network, where an
            architecture has something to say to the file, such as bits per layer. None: the network as it is.
        for_files: choices that only `lower` looks at: the networks that are built do not depend on them.
        inner: the space whose choices are this one's first, and whose networks it builds; None: there is none.
        base: the space that this one is made of, by further choices or fewer options, so that its networks take the
            weights of that one's; None: there is none.
        relax: ``relax()`` gives one network with every operation present under a gate, each parameter called as in the
            networks that `build` gives. None: the space has none.
        axes: for tensors of the largest network whose sizes follow choices, what every dimension is made of; None: it
            follows none. Such a choice's last option is the whole size.
        tied: for names in `axes` that are no choices, the choice that says how many entries of them there are; several
            may follow one.
        story: what `print` shows of it; None: its `repr`, with the story of the space that it is made of.

    Raises:
        InputError: the choices contradict one another.
    """

    def __init__(
        self,
        choices: Iterable[Choice],
        *,
        name: str = "custom",
        parameters: Mapping[str, object] | None = None,
        build: Build | None = None,
        inputs: Iterable[InputSpec] = (),
        costs: Callable[[IntArray], dict[str, FloatArray]] | None = None,
        features: Callable[[IntArray], FloatArray] | None = None,
        feature_names: Iterable[str] = (),
        lower: Lower | None = None,
        for_files: Iterable[str] = (),
        inner: SearchSpace | None = None,
        base: SearchSpace | None = None,
        relax: Relax | None = None,
        axes: Mapping[str, Sequence[AxisTree | None]] | None = None,
        tied: Mapping[str, str] | None = None,
        story: Callable[[SearchSpace], str] | None = None,
    ) -> None:
        self.choices = tuple(choices)
        self.name = name
        self.parameters = dict(parameters or {})
        self.build = build
        self.inputs = tuple(inputs)
        self.costs = costs
        self.features = features
        self.feature_names = tuple(feature_names)
        self.for_files, self.inner, self.base = frozenset(for_files), inner, base
        self._lower, self._relax, self._story = lower, relax, story
        self.axes = {name: tuple(trees) for name, trees in (axes or {}).items()}
        self.tied = dict(tied or {})
        if not self.choices:
            raise InputError(f"Space {quoted(name)} needs at least one choice, got none; pass its choices.")
        self.names = tuple(choice.name for choice in self.choices)
        if len(set(self.names)) != len(self.names):
            raise InputError(f"Space {quoted(name)} needs unique choice names, got {self.names}; rename the repeats.")
        self._index = {choice.name: i for i, choice in enumerate(self.choices)}
        self._conditions = [self._parse(choice) for choice in self.choices]
        self._order = self._parents_first()

    def __repr__(self) -> str:
        return f"SearchSpace({self.name!r}, {len(self.choices)} choices, {self.count():.3g} architectures)"

    def __str__(self) -> str:
        if self._story is not None:
            return self._story(self)
        if self.base is None or not any(space._story for space in self.base.lineage()):
            return repr(self)
        own = [f"{c.name}: {', '.join(map(str, c.options))}" for c in self.choices if c not in self.base.choices]
        return "\n".join([f"{self!r}, made of", str(self.base), *(f"and {line}" for line in own)])

    @property
    def for_networks(self) -> list[Choice]:
        """The choices that the networks depend on which are built."""
        return [choice for choice in self.choices if choice.name not in self.for_files]

    def lower(self, architecture: Architecture, network: nn.Module, calibration: Calibration = None) -> nn.Module:
        """What is written to a file for `network`, which is of `architecture`; what depends on values that the network
        computes is found on `calibration`.
        """
        return network if self._lower is None else self._lower(architecture, network, calibration)

    def built_by(self, build: Build) -> SearchSpace:
        """The same choices, with networks that `build` gives and that are written as they are."""
        other = copy(self)
        other.build, other._lower, other.base = build, None, self
        return other

    def lineage(self) -> Iterator[SearchSpace]:
        """The space itself, the one that it is made of, and so on."""
        yield self
        if self.base is not None:
            yield from self.base.lineage()

    def inherited(self, architecture: Mapping[str, Option]) -> Architecture:
        """The architecture here that one of a space made of this one is, but for its further choices."""
        return self.architecture({name: option for name, option in architecture.items() if name in self._index})

    def relax(self) -> nn.Module:
        """A new network with every operation present under a gate, for differentiable search.

        Raises:
            InputError: the space has none.
        """
        if self._relax is None:
            raise InputError(f"Space {quoted(self.name)} has no network of all its operations; give it `relax`.")
        return self._relax()

    def _parse(self, choice: Choice) -> list[tuple[int, frozenset[int]]]:
        conditions = []
        for parent, options in choice.active_if.items():
            if parent not in self._index:
                listed = ", ".join(nearest_first(parent, self.names))
                raise InputError(
                    f"Choice {quoted(choice.name)} depends on unknown choice {quoted(parent)}; known: {listed}."
                )
            index = self._index[parent]
            wanted = frozenset(self._option_index(self.choices[index], option) for option in options)
            conditions.append((index, wanted))
        return conditions

    def _option_index(self, choice: Choice, option: object) -> int:
        option = option.item() if isinstance(option, np.generic) else option
        try:
            return self._places[choice.name][isinstance(option, bool), option]
        except (KeyError, TypeError):  # a list, say, cannot be looked up
            options = str(choice.options)[:200]
            raise InputError(
                f"Choice {quoted(choice.name)} has options {options}, got {repr(option)[:200]}; use one of them."
            ) from None

    @cached_property
    def _places(self) -> dict[str, dict[tuple[bool, object], int]]:
        """Index of every option; ``True`` is another option than ``1``."""
        return {c.name: {(isinstance(o, bool), o): i for i, o in enumerate(c.options)} for c in self.choices}

    def _parents_first(self) -> list[int]:
        order: list[int] = []
        pending = list(range(len(self.choices)))
        while pending:
            ready = [i for i in pending if all(parent in order for parent, _ in self._conditions[i])]
            if not ready:
                names = ", ".join(self.names[i] for i in pending)
                raise InputError(f"The conditions of {names} form a cycle; make them depend one way.")
            order += ready
            pending = [i for i in pending if i not in ready]
        return order

    @cached_property
    def sizes(self) -> IntArray:
        """Number of options per gene, ``(g,)``."""
        return np.array([len(choice.options) for choice in self.choices], dtype=np.int64)

    @cached_property
    def _tables(self) -> list[tuple[int, int, BoolArray]]:
        """Gene, parent, and for each option of the parent whether it is wanted; parents come before children."""
        return [
            (i, parent, np.isin(np.arange(self.sizes[parent]), list(wanted)))
            for i in self._order
            for parent, wanted in self._conditions[i]
        ]

    def active(self, genomes: IntArray) -> BoolArray:
        """Which genes have an effect, ``(n, g) -> (n, g)``."""
        columns = np.ascontiguousarray(genomes.T)
        active = np.ones(columns.shape, dtype=np.bool_)
        for i, parent, wanted in self._tables:
            active[i] &= active[parent] & wanted[columns[parent]]
        return np.ascontiguousarray(active.T)

    def needed(self, gene: int) -> Iterator[tuple[int, int]]:
        """Genes, each with an option, that make a gene active."""
        for parent, wanted in self._conditions[gene]:
            yield parent, max(wanted)
            yield from self.needed(parent)

    def canonical(self, genomes: IntArray) -> IntArray:
        """The same architectures with inactive genes folded to 0, ``(n, g) -> (n, g)``."""
        return np.where(self.active(genomes), genomes, 0).astype(np.int64)

    def sample(self, n: int, rng: np.random.Generator) -> IntArray:
        """Canonical random genomes ``(n, g)``, each choice uniform; repeats are possible."""
        return self.canonical(rng.integers(0, self.sizes, size=(n, len(self.choices))))

    def encode(self, architecture: Mapping[str, Option]) -> IntArray:
        """Canonical genome ``(g,)`` of an architecture; see `encode_many`."""
        genome: IntArray = self.encode_many([architecture])[0]
        return genome

    def encode_many(self, architectures: Iterable[Mapping[str, Option]]) -> IntArray:
        """Canonical genomes ``(n, g)`` of architectures, in their order.

        Raises:
            InputError: an active choice is missing, a name is unknown, an option is not among the choice's, or one is
                no mapping.
        """
        rows = [self._indices(architecture) for architecture in architectures]
        genomes = np.array(rows, dtype=np.int64).reshape(len(rows), len(self.choices))
        given = genomes >= 0
        genomes = np.where(given, genomes, 0)
        active = self.active(genomes)
        lacking = set(np.nonzero(active & ~given)[1].tolist())
        if lacking:
            choice = self.choices[next(i for i in self._order if i in lacking)]  # a parent before what it switches on
            options = str(choice.options)[:200]
            raise InputError(f"The architecture lacks choice {quoted(choice.name)}; give one of {options}.")
        return np.where(active, genomes, 0)

    def _indices(self, architecture: Mapping[str, Option]) -> list[int]:
        """Index of the option of every choice, -1 where it is not given."""
        if isinstance(architecture, Architecture) and (genome := architecture.genome_in(self)) is not None:
            return list(genome)
        if not isinstance(architecture, Mapping):
            raise InputError(f"An architecture has options by the name of their choice, got {quoted(architecture)}.")
        row = [-1] * len(self.choices)
        for name, option in architecture.items():
            if name not in self._index:
                listed = ", ".join(nearest_first(name, self.names)[:5])
                raise InputError(f"Space {quoted(self.name)} has no choice {quoted(name)}; nearest: {listed}.")
            row[self._index[name]] = self._option_index(self.choices[self._index[name]], option)
        return row

    def decode(self, genome: IntArray) -> Architecture:
        """The architecture of a genome ``(g,)``."""
        active = self.active(genome[None])[0]
        indices = np.where(active, genome, 0).tolist()
        values = {c.name: c.options[i] for c, i, on in zip(self.choices, indices, active, strict=True) if on}
        return Architecture(values, space=self, genome=tuple(indices))

    def architecture(self, values: Mapping[str, Option]) -> Architecture:
        """The canonical architecture of any mapping that answers at least the active choices; see `encode`."""
        return self.decode(self.encode(values))

    @cached_property
    def smallest(self) -> Architecture:
        """Every choice at its first option."""
        return self.decode(np.zeros(len(self.choices), dtype=np.int64))

    @cached_property
    def largest(self) -> Architecture:
        """Every choice at its last option."""
        return self.decode(self.sizes - 1)

    @cached_property
    def middle(self) -> Architecture:
        """Every choice at its middle option, the lower one of two; switches on, so that it has all its blocks."""
        on = [any(option is True for option in choice.options) for choice in self.choices]
        switched = [choice.options.index(True) if on[i] else 0 for i, choice in enumerate(self.choices)]
        return self.decode(np.where(on, switched, (self.sizes - 1) // 2))

    def one_hot(self, genomes: IntArray) -> FloatArray:
        """Every option of every choice as 0/1, inactive choices all 0, ``(n, g) -> (n, sum of sizes)``."""
        rows, genes = np.nonzero(self.active(genomes))
        starts = np.concatenate([[0], np.cumsum(self.sizes)])
        hot = np.zeros((len(genomes), int(starts[-1])))
        hot[rows, starts[genes] + genomes[rows, genes]] = 1.0
        return hot

    def count(self) -> int:
        """Number of distinct architectures, exactly."""
        return math.prod(self._count_group(group) for group in self._groups())

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the choices: the same ones, in this order, give the same genomes."""
        choices = [
            [c.name, list(c.options), sorted((k, list(v)) for k, v in c.active_if.items())] for c in self.choices
        ]
        return hashlib.sha256(json.dumps(choices).encode()).hexdigest()[:12]

    def _groups(self) -> list[list[int]]:
        """Choices joined by conditions; different groups do not touch one another."""
        group_of = {i: {i} for i in range(len(self.choices))}
        for i, conditions in enumerate(self._conditions):
            for parent, _ in conditions:
                joined = group_of[i] | group_of[parent]
                for member in joined:
                    group_of[member] = joined
        return [sorted(g) for g in {id(g): g for g in group_of.values()}.values()]

    def _count_group(self, group: list[int]) -> int:
        """Options of a parent that switch on the same children are counted together."""
        parents = {parent for i in group for parent, _ in self._conditions[i]}
        ordered = [i for i in self._order if i in parents]
        leaves = [i for i in group if i not in parents]
        alike = [self._alike(parent) for parent in ordered]
        total = 0
        seen: set[tuple[int, ...]] = set()
        for classes in itertools.product(*alike):
            genome = np.zeros((1, len(self.choices)), dtype=np.int64)
            genome[0, ordered] = [first for first, _ in classes]
            active = self.active(genome)[0]
            canonical = tuple(first if active[i] else -1 for i, (first, _) in zip(ordered, classes, strict=True))
            if canonical not in seen:
                seen.add(canonical)
                total += math.prod(n for i, (_, n) in zip(ordered, classes, strict=True) if active[i]) * math.prod(
                    len(self.choices[i].options) for i in leaves if active[i]
                )
        return total

    def _alike(self, parent: int) -> list[tuple[int, int]]:
        """The first of the options that switch on the same children, and how many they are."""
        wanted = [w for conditions in self._conditions for p, w in conditions if p == parent]
        firsts: dict[tuple[bool, ...], int] = {}
        counts: Counter[tuple[bool, ...]] = Counter()
        for option in range(len(self.choices[parent].options)):
            switched = tuple(option in w for w in wanted)
            firsts.setdefault(switched, option)
            counts[switched] += 1
        return [(first, counts[switched]) for switched, first in firsts.items()]
