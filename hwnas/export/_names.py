"""Names of values in a model: those that were asked for, and no two values under one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import onnx


def renamed(model: onnx.ModelProto, wanted: Mapping[str, str], liked: Mapping[str, str]) -> onnx.ModelProto:
    """`model` with some values renamed, in place.

    Args:
        wanted: new names by old ones; whatever else is called so steps aside.
        liked: new names for which nothing steps aside: with an underscore where they are taken.
    """
    taken = set(_names(model.graph)) - {*wanted, *liked}
    changes = dict(wanted)
    for old in taken & set(wanted.values()):
        changes[old] = _free(old, taken | set(wanted.values()))
    taken |= set(changes.values())
    for old, new in liked.items():
        changes[old] = _free(new, taken)
        taken.add(changes[old])
    _rename(model.graph, changes)
    return model


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph, and those inside its operators."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    yield from _graphs(inner)


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    for each in _graphs(graph):
        yield from (value.name for value in (*each.input, *each.output, *each.initializer))
        for node in each.node:
            yield from node.output


def _rename(graph: onnx.GraphProto, changes: Mapping[str, str]) -> None:
    for each in _graphs(graph):
        for value in (*each.input, *each.output, *each.initializer, *each.value_info):
            value.name = changes.get(value.name, value.name)
        for node in each.node:
            node.input[:] = [changes.get(name, name) for name in node.input]
            node.output[:] = [changes.get(name, name) for name in node.output]
