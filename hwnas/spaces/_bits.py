"""Any space, with bits as choices: ``NAME:bits=layer`` or ``bits=block``, or `with_bits` for one's own.

Each layer that can be computed in 8-bit integers, or each block of them, is a choice of its own: 8 or 32 bits. A choice
of a layer that is not there has no effect, so equal networks are equal architectures. What the networks are built as
does not change; what is written to a file for them does, see `SearchSpace.lower`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import BoolArray, FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.mixed import Ranges, Recovery
from hwnas.contracts.search_space import Calibration, Lower, SearchSpace
from hwnas.contracts.words import one_of
from hwnas.spaces._int8_layers import Int8Layer, int8_layers

if TYPE_CHECKING:
    from torch import nn

BITS, RANGES, RECOVER, FOUND = "bits", "ranges", "recover", "int8_layers"
PREFIX = "bits."
INT8, FLOAT32 = 8, 32
_GRID_BYTES = 9  # per output of a layer in integers: scale and zero point of its weights, scale of its bias
CHOSEN_BY = ("layer", "block")
BY = (*CHOSEN_BY, "all")


def with_bits(
    space: SearchSpace,
    by: str = "layer",
    *,
    ranges: str = "minmax",
    recover: str = "none",
    found: Mapping[str, object] | None = None,
) -> SearchSpace:
    """`space` with the bits of its layers as further choices, 8 or 32.

    Args:
        space: must be able to build networks.
        by: one choice for each convolution and linear layer, or for each block of them; or none, and all are in INT8.
        ranges: how the range of an activation is found on calibration examples, see `Ranges`.
        recover: what is done about the accuracy that integers cost, see `Recovery`.
        found: its layers as an earlier call found them, which takes seconds; JSON only.

    Raises:
        InputError: a word is unknown, the space has bits already, or none of its layers can be computed in INT8.
    """
    one_of("what bits are chosen for", by, BY)
    one_of("how ranges are found", ranges, get_args(Ranges))
    one_of("how accuracy is recovered", recover, get_args(Recovery))
    if has_bits(space):
        raise InputError(f"Space {quoted(space.name)} has bits as choices already; use it as it is.")
    layers, exact = int8_layers(space) if found is None else _found_before(found)
    groups = _groups(layers, by)
    places = {layer.name: len(space.choices) + i for i, (_, some) in enumerate(groups) for layer in some}
    always = [layer.name for layer in layers if layer.name not in places]
    told = _Told(space, layers, places, exact=exact)
    return SearchSpace(
        [*space.choices, *(Choice(f"{PREFIX}{name}", (INT8, FLOAT32), _shared(some)) for name, some in groups)],
        name=space.name,
        parameters={
            **space.parameters,
            **({RANGES: ranges} if ranges != "minmax" else {}),
            **({RECOVER: recover} if recover != "none" else {}),
            BITS: by,
            FOUND: {"layers": [layer.to_json() for layer in layers], "exact": exact},
        },
        build=space.build,
        inputs=space.inputs,
        costs=None if space.costs is None else told.costs,
        features=told.features,
        feature_names=told.feature_names,
        lower=_lowering(space, dict(_members(groups)), always, cast("Ranges", ranges), cast("Recovery", recover)),
        for_files=[*space.for_files, *(f"{PREFIX}{name}" for name, _ in groups)],
        inner=space,
        base=space,
        relax=space.relax,
        axes=space.axes,
        tied=space.tied,
    )


def _found_before(found: Mapping[str, object]) -> tuple[list[Int8Layer], bool]:
    try:
        return list(map(Int8Layer.of_json, cast("Sequence[object]", found["layers"]))), bool(found["exact"])
    except (KeyError, TypeError) as error:
        raise InputError(f"Expected layers as `with_bits` found them, got {quoted(found)}; make them again.") from error


def bits_of_layers(space: SearchSpace, architecture: Architecture) -> dict[str, int]:
    """How many bits each layer of a network has that could have either: 8 or 32, by its name.

    Args:
        space: with bits; of any other one there are none to tell.
        architecture: of it.
    """
    if not has_bits(space):
        return {}
    layers, _ = _found_before(cast("Mapping[str, object]", space.parameters[FOUND]))
    by = str(space.parameters[BITS])
    chosen = {layer.name: f"{PREFIX}{name}" for name, some in _groups(layers, by) for layer in some}
    return {
        layer.name: int(architecture[chosen[layer.name]]) if layer.name in chosen else INT8
        for layer in layers
        if all(architecture.get(choice) in options for choice, options in layer.active_if.items())
    }


def in_bits(space: SearchSpace, architecture: Mapping[str, Option], bits: int) -> Architecture:
    """An architecture of a space with bits, with as many wherever they are a choice."""
    names = [name for name in space.names if name.startswith(PREFIX)]
    return space.architecture({**architecture, **dict.fromkeys(names, bits)})


def recovery_of(space: SearchSpace) -> Recovery:
    """What is done about the accuracy that integers cost networks of a space."""
    return cast("Recovery", space.parameters.get(RECOVER, "none"))


def kinds_of_layers(space: SearchSpace) -> dict[str, str]:
    """The kind of each layer that can be in INT8, such as ``depthwise``, by its name."""
    layers, _ = _found_before(cast("Mapping[str, object]", space.parameters[FOUND]))
    return {layer.name: layer.kind for layer in layers}


def has_bits(space: SearchSpace) -> bool:
    """Whether layers of its networks can be in INT8."""
    return BITS in space.parameters


def _groups(layers: Sequence[Int8Layer], by: str) -> list[tuple[str, list[Int8Layer]]]:
    if by == "all":
        return []
    if by == "layer":
        return [(layer.name, [layer]) for layer in layers]
    blocks: dict[str, list[Int8Layer]] = {}
    for layer in layers:
        blocks.setdefault(block_of(layer.name), []).append(layer)
    return list(blocks.items())


def block_of(layer: str) -> str:
    """The part of the network that a layer is in: its name up to the last number, or to the first dot."""
    parts = layer.split(".")
    numbered = [i for i, part in enumerate(parts[:-1]) if re.search(r"\d$", part)]
    return ".".join(parts[: (numbered[-1] + 1) if numbered else 1])


def _shared(layers: Sequence[Int8Layer]) -> dict[str, tuple[Option, ...]]:
    """Under which options any of the layers is there: of the choices that all of them depend on."""
    every = set.intersection(*(set(layer.active_if) for layer in layers))
    return {
        choice: tuple(dict.fromkeys(option for layer in layers for option in layer.active_if[choice]))
        for choice in layers[0].active_if
        if choice in every
    }


def _members(groups: Sequence[tuple[str, Sequence[Int8Layer]]]) -> Iterator[tuple[str, list[str]]]:
    for name, layers in groups:
        yield f"{PREFIX}{name}", [layer.name for layer in layers]


def _lowering(
    space: SearchSpace, members: Mapping[str, Sequence[str]], always: Sequence[str], ranges: Ranges, recover: Recovery
) -> Lower:
    def lower(architecture: Architecture, network: nn.Module, calibration: Calibration) -> nn.Module:
        wanted = [*always, *(n for choice, names in members.items() if architecture.get(choice) == INT8 for n in names)]
        return in_int8(space.lower(architecture, network, calibration), network, wanted, calibration, ranges, recover)

    return lower


def in_int8(
    written: nn.Module,
    network: nn.Module,
    layers: Iterable[str],
    calibration: Calibration = None,
    ranges: Ranges = "minmax",
    recover: Recovery = "none",
) -> nn.Module:
    """What is written to a file where some layers are in INT8.

    Args:
        written: what is where none is: `network`, or what runs it.
        network: whose layers they are.
        layers: their names; those that it does not have are passed over.
        calibration: arrays ``(n, ...)`` for each input, on which ranges are found.
        ranges: how.
        recover: what is done about the accuracy that integers cost.
    """
    from hwnas.spaces._mixed import MixedPrecision

    own, names = dict(network.named_modules()), {id(module): name for name, module in written.named_modules()}
    chosen = tuple(names[id(own[name])] for name in layers if name in own)
    return MixedPrecision(written, chosen, calibration, ranges, recover) if chosen else written


@dataclass(frozen=True)
class _Told:
    """What is known of the networks of a space with bits.

    Args:
        space: without them.
        layers: that can be integers.
        places: gene of the bits of each, by its name; others are always in INT8.
        exact: whether the sizes of the layers are.
    """

    space: SearchSpace
    layers: Sequence[Int8Layer]
    places: Mapping[str, int]
    exact: bool

    def costs(self, genomes: IntArray) -> dict[str, FloatArray]:
        """Those of the space; and the bytes of the weights, where the sizes of layers are exact."""
        inner = self._inner(genomes)
        costs = cast("Callable[[IntArray], dict[str, FloatArray]]", self.space.costs)(inner)
        if not self.exact:
            return costs
        spared = np.zeros(len(genomes))
        for layer, integers in zip(self.layers, self._integers(genomes, self._there(inner)), strict=True):
            spared += integers * (3 * layer.weights(inner) - _GRID_BYTES * layer.outputs(inner))
        return {**costs, "bytes": 4 * costs["params"] - spared}

    def features(self, genomes: IntArray) -> FloatArray:
        """Those of the space; and by kind of layer the multiply-adds and results in integers; and the borders."""
        inner = self._inner(genomes)
        own = self.space.features(inner) if self.space.features is not None else np.empty((len(genomes), 0))
        columns = {name: np.zeros(len(genomes)) for name in self._own_names}
        there = self._there(inner)
        before = np.zeros(len(genomes), dtype=np.bool_)
        for layer, is_there, integers in zip(self.layers, there, self._integers(genomes, there), strict=True):
            columns[f"int8.{layer.kind}_macs"] += integers * layer.weights(inner) * layer.positions
            columns[f"int8.{layer.kind}_results"] += integers * layer.outputs(inner) * layer.positions
            columns["int8.layers"] += integers
            columns["int8.borders"] += is_there & (before != integers)
            before = np.where(is_there, integers, before)
        return np.column_stack([own, *columns.values()])

    @property
    def feature_names(self) -> list[str]:
        """One per feature."""
        return [*self.space.feature_names, *self._own_names]

    @property
    def _own_names(self) -> list[str]:
        kinds = sorted({layer.kind for layer in self.layers})
        return [*(f"int8.{k}_{what}" for k in kinds for what in ("macs", "results")), "int8.layers", "int8.borders"]

    def _inner(self, genomes: IntArray) -> IntArray:
        return self.space.canonical(genomes[:, : len(self.space.choices)])

    def _there(self, inner: IntArray) -> list[BoolArray]:
        """Of each layer, in which genomes it is there."""
        active, every = self.space.active(inner), []
        for layer in self.layers:
            there = np.ones(len(inner), dtype=np.bool_)
            for choice, options in layer.active_if.items():
                gene = self.space.names.index(choice)
                wanted = np.array([option in options for option in self.space.choices[gene].options])
                there &= active[:, gene] & wanted[inner[:, gene]]
            every.append(there)
        return every

    def _integers(self, genomes: IntArray, there: Sequence[BoolArray]) -> list[BoolArray]:
        """Of each layer, in which genomes it is computed in integers."""
        return [
            is_there & (genomes[:, self.places[layer.name]] == 0) if layer.name in self.places else is_there
            for layer, is_there in zip(self.layers, there, strict=True)
        ]
