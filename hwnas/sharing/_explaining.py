"""What of the largest network every smaller one inherits, tensor by tensor, to be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import nn

from hwnas.sharing._layout import Layout, words


@dataclass(frozen=True)
class TensorRow:
    """One tensor over the whole space.

    Args:
        name: in the network.
        kind: ``trained``, ``kept`` (statistics, and what the constructor draws or freezes) or ``constant`` (every
            network's constructor computes its own).
        shapes: all that were seen, sorted.
        cuts: per dimension, what a smaller tensor takes: ``all``, ``first`` or ``best``, ``centre``, ``first of each of
            8 + 8``, or ``own`` for constants.
        networks: in how many of the networks that were built it is.
    """

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    cuts: tuple[str, ...]
    networks: int


@dataclass(frozen=True)
class Explanation:
    """Every tensor of a space's networks, and what cannot be told of them; `str` gives a table."""

    rows: tuple[TensorRow, ...]
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        lines = []
        for row in self.rows:
            sizes = " or ".join("x".join(map(str, shape)) or "one number" for shape in row.shapes)
            lines.append(f"{row.name}: {row.kind}, {sizes}; {', '.join(row.cuts) or 'all'}")
        return "\n".join([*lines, *(f"Not told: {doubt}" for doubt in self.doubts)])


def explain(layout: Layout, networks: Iterable[nn.Module], takes: str = "first") -> Explanation:
    """How tensors of these networks, of which every tensor is in at least one, are cut: what a smaller one `takes`."""
    shapes: dict[str, list[tuple[int, ...]]] = {}
    trained: dict[str, bool] = {}
    spatial: dict[str, int] = {}
    for network in networks:
        trained |= {name: parameter.requires_grad for name, parameter in network.named_parameters()}
        spatial |= {name: slot.spatial for name, slot in layout.plain_slots(network).items()}
        for name, tensor in (*network.named_parameters(), *network.named_buffers()):
            shapes.setdefault(name, []).append(tuple(tensor.shape))
    rows = [
        TensorRow(
            name,
            "constant" if name in layout.constants else "trained" if trained.get(name) else "kept",
            tuple(sorted(set(seen))),
            _cuts(name, seen, layout, spatial, takes),
            len(seen),
        )
        for name, seen in shapes.items()
    ]
    return Explanation(tuple(rows), tuple(layout.doubts))


def _cuts(
    name: str, seen: list[tuple[int, ...]], layout: Layout, spatial: Mapping[str, int], takes: str
) -> tuple[str, ...]:
    if name in layout.constants:
        return ("own",)
    parts = layout.parts.get(name)
    cuts = []
    for dim in range(len(seen[0])):
        if len({shape[dim] for shape in seen}) == 1:
            cuts.append("all")
        elif parts and parts[dim] is not None:
            cuts.append(f"first of each of {words(parts[dim])}")
        else:
            cuts.append("centre" if dim >= len(seen[0]) - spatial.get(name, 0) else takes)
    return tuple(cuts)
