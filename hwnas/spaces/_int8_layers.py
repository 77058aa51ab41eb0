"""The layers of a space's networks that can be computed in 8-bit integers: when they are there, and how large.

Nothing is declared: the networks of the largest architecture, and of it with every option of every choice, are built
without values. A layer has an effect only under those options of each choice under which it is there; the sizes of its
weights are the largest ones, times the share that each choice leaves of each dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.choice import Choice, Option
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.search_space import SearchSpace
from hwnas.spaces._multiples import largest_with

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]
_DRAWN = 8  # architectures that what was found is tried on


@dataclass(frozen=True)
class Int8Layer:
    """A convolution or a linear map.

    Args:
        name: in the networks.
        kind: ``depthwise``, ``pointwise``, ``convolution`` or ``linear``.
        shape: of its weights in the largest network, outputs first.
        positions: of its result in the largest network: multiply-adds per weight.
        active_if: as of a `Choice`.
        shares: by gene, for every option what it leaves of each dimension ``(options, dimensions)``.
    """

    name: str
    kind: str
    shape: Shape
    positions: int
    active_if: Mapping[str, tuple[Option, ...]]
    shares: Mapping[int, FloatArray]

    def outputs(self, genomes: IntArray) -> FloatArray:
        """How many it has, where it is there: ``(n, g) -> (n,)``."""
        return self._size(genomes, [0])

    def weights(self, genomes: IntArray) -> FloatArray:
        """How many it has, where it is there: ``(n, g) -> (n,)``."""
        return self._size(genomes, range(len(self.shape)))

    def to_json(self) -> list[object]:
        """All of it, for a space's parameters."""
        shares = {str(gene): rows.tolist() for gene, rows in self.shares.items()}
        active_if = {name: list(options) for name, options in self.active_if.items()}
        return [self.name, self.kind, list(self.shape), self.positions, active_if, shares]

    @classmethod
    def of_json(cls, said: object) -> Int8Layer:
        """The same again.

        Raises:
            InputError: it is none.
        """
        try:
            name, kind, shape, positions, active_if, shares = cast("Sequence[Any]", said)
            return cls(
                str(name), str(kind), tuple(map(int, shape)), int(positions),
                {choice: tuple(options) for choice, options in active_if.items()},
                {int(gene): np.array(rows, dtype=np.float64) for gene, rows in shares.items()},
            )  # fmt: skip
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"Expected a layer as `with_bits` found it, got {quoted(said)}; make it again.") from error

    def _size(self, genomes: IntArray, dims: Sequence[int]) -> FloatArray:
        size = np.full(len(genomes), float(math.prod(self.shape[dim] for dim in dims)))
        for gene, shares in self.shares.items():
            size *= shares[genomes[:, gene]][:, list(dims)].prod(axis=1)
        return np.asarray(np.rint(size))


def int8_layers(space: SearchSpace) -> tuple[list[Int8Layer], bool]:
    """Those of the space, in the order in which its largest network has them, and whether their sizes are exact.

    Raises:
        InputError: it cannot build networks, or none of them has such a layer.
    """
    if space.build is None:
        raise InputError(f"Space {space.name!r} cannot build networks, so they have no layers; give it a builder.")
    whole = _found(space, space.largest)
    variants = {
        (gene, i): _found(space, largest_with(space, choice, option))
        for gene, choice in enumerate(space.choices)
        for i, option in enumerate(choice.options)
    }
    names = dict.fromkeys([*whole, *(name for layers in variants.values() for name in layers)])
    if not names:
        raise InputError(
            f"The networks of space {quoted(space.name)} have no convolution and no linear layer, so there is nothing "
            "to compute in INT8; search it without bits."
        )
    positions = _positions(space)
    layers = [_layer(space, name, whole, variants, positions.get(name, 1)) for name in names]
    return layers, _check(space, layers)


@dataclass(frozen=True)
class _Seen:
    kind: str
    shape: Shape


def _found(space: SearchSpace, architecture: Architecture) -> dict[str, _Seen]:
    return {
        name: _Seen(kind_of(module), tuple(module.weight.shape))  # type: ignore[arg-type]
        for name, module in quantisable(_built(space, architecture))
    }


def quantisable(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Layers that can be computed in integers, by name."""
    from torch import nn

    for name, module in network.named_modules():
        if name and isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
            yield name, module


def kind_of(module: nn.Module) -> str:
    """Of a layer, in a word."""
    from torch import nn

    if isinstance(module, nn.Linear):
        return "linear"
    assert isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d)  # noqa: S101  one of `quantisable`
    if module.groups == module.out_channels > 1:
        return "depthwise"
    return "pointwise" if set(module.kernel_size) == {1} else "convolution"


def _built(space: SearchSpace, architecture: Architecture) -> nn.Module:
    import torch

    assert space.build is not None  # noqa: S101  asked before
    try:
        with torch.device("meta"):
            return space.build(architecture)
    except Exception:  # noqa: BLE001  a constructor that looks at its own values
        return space.build(architecture)


def _positions(space: SearchSpace) -> dict[str, int]:
    """Of the results of layers in the largest network; empty where it does not run without values."""
    import torch

    network, positions = _built(space, space.largest).eval(), dict[str, int]()
    handles = [
        module.register_forward_hook(
            lambda module, _, out, name=name: positions.update({name: out.numel() // module.weight.shape[0]})
        )
        for name, module in quantisable(network)
    ]
    inputs = [torch.zeros((1, *i.shape), dtype=getattr(torch, i.dtype), device="meta") for i in space.inputs]
    try:
        with torch.no_grad():
            network(*inputs)
    except Exception:  # noqa: BLE001  then only the weights are known
        positions.clear()
    for handle in handles:
        handle.remove()
    return positions


def _layer(
    space: SearchSpace,
    name: str,
    whole: Mapping[str, _Seen],
    variants: Mapping[tuple[int, int], Mapping[str, _Seen]],
    positions: int,
) -> Int8Layer:
    largest = whole.get(name) or next(layers[name] for layers in variants.values() if name in layers)
    active_if: dict[str, tuple[Option, ...]] = {}
    shares: dict[int, FloatArray] = {}
    for gene, choice in enumerate(space.choices):
        seen = [variants[gene, i].get(name) for i in range(len(choice.options))]
        if not all(seen):
            active_if[choice.name] = tuple(o for o, there in zip(choice.options, seen, strict=True) if there)
        rows = [
            [size / most for size, most in zip((there or largest).shape, largest.shape, strict=True)] for there in seen
        ]
        if any(share != 1 for row in rows for share in row):
            shares[gene] = np.array(rows)
    return Int8Layer(name, largest.kind, largest.shape, positions, active_if, shares)


def _check(space: SearchSpace, layers: Sequence[Int8Layer]) -> bool:
    """Whether the sizes told of all layers are right, on some architectures.

    Raises:
        InputError: choices decide together whether a layer is there.
    """
    choices = [Choice(f"{layer.name}:bits", (0, 1), layer.active_if) for layer in layers]
    genomes = space.sample(_DRAWN, np.random.default_rng(0))
    beside = np.zeros((_DRAWN, len(layers)), np.int64)
    there = SearchSpace([*space.choices, *choices]).active(np.concatenate([genomes, beside], axis=1))
    exact = True
    for row, genome in enumerate(genomes):
        seen = _found(space, space.decode(genome))
        for layer, is_there in zip(layers, there[row, len(space.choices) :].tolist(), strict=True):
            if is_there != (layer.name in seen):
                raise InputError(
                    f"Whether layer {quoted(layer.name)} of space {quoted(space.name)} is there depends on several "
                    "choices together, so its bits cannot be a choice; make it depend on each of them alone."
                )
            exact &= not is_there or bool(layer.weights(genome[None])[0] == math.prod(seen[layer.name].shape))
    return exact
