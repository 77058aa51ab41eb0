"""Values of a model are renamed everywhere, also inside loops, and no two end under one name."""

import onnx
from onnx import TensorProto, helper

from hwnas.export._names import renamed


def model() -> onnx.ModelProto:
    """X -> a -> y, with an If whose branches use `a`, too."""
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("inner", "other")]
    branches = [helper.make_graph([helper.make_node("Neg", ["a"], [o.name])], o.name, [], [o]) for o in out]
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("If", ["c"], ["y"], then_branch=branches[0], else_branch=branches[1]),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "y")]
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    graph = helper.make_graph(nodes, "g", [ends[0], condition], ends[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made


def inner_inputs(made: onnx.ModelProto) -> list[str]:
    return [attribute.g.node[0].input[0] for attribute in made.graph.node[1].attribute]


def test_a_name_that_is_asked_for_is_given_and_whatever_had_it_steps_aside() -> None:
    made = renamed(model(), {"x": "a"}, {})
    onnx.checker.check_model(made)
    assert made.graph.input[0].name == "a"
    assert (list(made.graph.node[0].input), list(made.graph.node[0].output)) == (["a"], ["a_"])
    assert inner_inputs(made) == ["a_", "a_"]


def test_a_name_that_is_only_liked_takes_an_underscore_where_it_is_taken() -> None:
    made = renamed(model(), {}, {"y": "a", "inner": "b"})
    onnx.checker.check_model(made)
    assert made.graph.output[0].name == "a_"
    assert {attribute.g.output[0].name for attribute in made.graph.node[1].attribute} == {"b", "other"}
    assert made.graph.node[0].output[0] == "a"
