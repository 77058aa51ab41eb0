"""A model in the operators of an older or newer ONNX, for runtimes that read no other: ``model.opset17.onnx``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import checker, defs, helper, inliner, numpy_helper, shape_inference, version_converter
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.contracts.temporary import temporary_folder
from hwnas.export._answering import Answers, hand_out_alike
from hwnas.export._graph import OPSET

OPSETS = range(11, 24)
_ASIDE = "hwnas.aside"
_SAID_BY_SIZES = {("Split", "num_outputs"), ("Reshape", "allowzero")}
_NOT_TAKEN = (RuntimeError, checker.ValidationError, defs.SchemaError, shape_inference.InferenceError)
_NO_WAY = re.compile(r"No Adapter (?:To|From) Version \$\d+ for (\w+)")


def opset_paths(opset: int, model: Path) -> tuple[Path]:
    """Where it lies beside a model file."""
    return (model.with_suffix(f".opset{opset}.onnx"),)


def write_opset(opset: int, network: nn.Module, specs: Sequence[InputSpec], model: Path) -> Path:
    """Convert the file `model`, and return the path. It must answer as the network does, up to rounding.

    Raises:
        InputError: an operator cannot be said in that opset.
        PromiseError: it answers otherwise.
    """
    (path,) = opset_paths(opset, model)
    with temporary_folder() as folder:
        written = folder / path.name
        try:
            onnx.save(_converted(onnx.load(model), opset), written)
        except _NOT_TAKEN as error:
            reason = str(error).strip().splitlines()[0].rpartition("` failed: ")[2].rstrip(".")[:200]
            raise InputError(f"The network cannot be written in opset {opset}: {reason}; ask for another.") from error
        return hand_out_alike([Answers(network, specs)], written, path)


def _converted(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """By onnx's converter, one opset after another. It has no way between some versions of an operator; there it stays
    as it is, for it may be the same: whether it is, the checker knows, and the answers tell.
    """
    model = _without_later_attributes(_spelt_out(model, opset))
    for step in range(OPSET - 1, opset - 1, -1) if opset < OPSET else range(OPSET + 1, opset + 1):
        _leave_defaults_out(model)
        model = _one_step(model, step)
    model.ir_version = helper.find_min_ir_version_for(model.opset_import)
    checker.check_model(model, full_check=True)
    return model


def _one_step(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    model.opset_import.append(helper.make_opsetid(_ASIDE, 1))
    aside: set[str] = set()
    while True:
        try:
            converted = version_converter.convert_version(model, opset)
            break
        except RuntimeError as error:
            without_way = _NO_WAY.search(str(error))
            if without_way is None or without_way[1] in aside:
                raise
            aside.add(without_way[1])
            for node in model.graph.node:
                if node.op_type in aside:
                    node.domain = _ASIDE
    for node in converted.graph.node:
        if node.domain == _ASIDE:
            node.domain = ""
    own = [x for x in converted.opset_import if x.domain != _ASIDE]
    del converted.opset_import[:]
    converted.opset_import.extend(own)
    return converted


def _spelt_out(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """Operators that were added later, such as Gelu in opset 20, in those that they are defined by."""
    tried: set[str] = set()
    while later := {x.op_type for x in model.graph.node if not _is_known(x.op_type, opset)} - tried:
        tried |= later  # what is not defined by others stays; what others are defined by may be later, too
        typed = shape_inference.infer_shapes(model)
        typed.graph.value_info.extend(  # without which types of weights are not known there
            helper.make_tensor_value_info(x.name, x.data_type, list(x.dims)) for x in model.graph.initializer
        )
        names = [("", name) for name in sorted(later)]
        model = inliner.inline_selected_functions(typed, names, inline_schema_functions=True)
        del model.graph.value_info[:]
    return model


def _without_later_attributes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without what known sizes say, too: how many parts Split makes (opset 18), and that Reshape means zeros as they
    stand (14).
    """
    typed = shape_inference.infer_shapes(model, data_prop=True).graph
    sizes = {x.name: [d.dim_value for d in x.type.tensor_type.shape.dim] for x in (*typed.value_info, *typed.output)}
    for number, node in enumerate(model.graph.node):
        made = [sizes.get(name, []) for name in node.output]
        if not all(size and all(size) for size in made):  # what is not known is 0
            continue
        given = {x.name: helper.get_attribute_value(x) for x in node.attribute}
        if node.op_type == "Split" and "num_outputs" in given:
            parts = np.array([size[given.get("axis", 0)] for size in made], dtype=np.int64)
            model.graph.initializer.append(numpy_helper.from_array(parts, f"{node.output[0]}.parts.{number}"))
            node.input.append(model.graph.initializer[-1].name)
        for later in [x for x in node.attribute if (node.op_type, x.name) in _SAID_BY_SIZES]:
            node.attribute.remove(later)
    return model


def _is_known(operator: str, opset: int) -> bool:
    try:
        defs.get_schema(operator, opset)
    except defs.SchemaError:
        return False
    return True


def _leave_defaults_out(model: onnx.ModelProto) -> None:
    """Attributes that say what would hold without them: an older opset may have no such attribute."""
    opset = model.opset_import[0].version
    for node in model.graph.node:
        known = defs.get_schema(node.op_type, opset).attributes
        for attribute in [x for x in node.attribute if x.name in known]:
            default = known[attribute.name].default_value
            if default.type == attribute.type and helper.get_attribute_value(default) == helper.get_attribute_value(
                attribute
            ):
                node.attribute.remove(attribute)
