import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.cli.check import _say_timed
from hwnas.contracts.level import Level
from hwnas.devices import open_device
from hwnas.devices._facts import OutputWatcher
from hwnas.pipeline.measure import Measured, SideBySide
from hwnas.testing._models import OPSET, write_chain
from tests.cli.conftest import Command
from tests.cli.test_bad_input import refused
from tests.devices.models import write_stubborn
from tests.runs import Console

BRIEFLY = "import hwnas.devices._watchdog as watchdog; watchdog.STOPPING_SECONDS = 0.1"
CHECK = ("check", "new.onnx", "--device", "cpu:threads=1", "--preset", "rapid", "--max-latency")
CALM = ("check", "new.onnx", "--device", "simulated", "--preset", "rapid", "--max-latency")


@pytest.fixture
def models(command: Command) -> None:
    """A model and one that does ten times its work."""
    assert command  # which changes to a folder of its own
    write_chain(Path("new.onnx"), 100)
    write_chain(Path("slow.onnx"), 1000)


@pytest.mark.usefixtures("models")
def test_a_model_that_keeps_its_budget_and_is_no_slower_than_its_baseline_passes(command: Command) -> None:
    ended = command(*CALM, "10s", "--baseline", "slow.onnx", "--json", "--junit", "out.xml")
    assert ended.code == 0, ended.errors
    assert "timing it" in ended.errors  # with a bar
    found = json.loads(ended.output)
    assert found["kept"] is True
    assert found["broken"] == []
    assert found["baseline"]["ratio"] < 0.5
    assert 'tests="1" failures="0"' in Path("out.xml").read_text()


@pytest.mark.usefixtures("models")
def test_a_model_slower_than_its_baseline_fails_with_exit_code_1_and_a_junit_failure(command: Command) -> None:
    Path("fast.onnx").write_bytes(Path("new.onnx").read_bytes())
    Path("new.onnx").write_bytes(Path("slow.onnx").read_bytes())
    ended = command(*CHECK, "10s", "--baseline", "fast.onnx", "--junit", "out.xml")
    assert ended.code == 1
    assert "times as long as fast.onnx" in ended.errors
    written = Path("out.xml").read_text()
    assert 'tests="1" failures="1"' in written
    assert re.search(r'<failure message="[^"]*times as long as fast.onnx', written)


@pytest.mark.usefixtures("models")
def test_a_missing_baseline_is_bad_input(command: Command) -> None:
    refused(command(*CHECK, "1ms", "--baseline", "none.onnx", "--junit", "out.xml"), "No model at none.onnx")
    assert re.search(r'<error message="No model at none.onnx[^"]*" type="input"', Path("out.xml").read_text())
    refused(command(*CHECK, "10s", "--junit", "new.onnx/out.xml"), "new.onnx")


def test_a_check_without_an_answer_still_leaves_junit_and_json(command: Command) -> None:
    Path("new.onnx").write_text("no model")
    ended = command(*CHECK, "1ms", "--json", "--junit", "out.xml")
    refused(ended, "new.onnx is not an ONNX model", code=2)
    written = Path("out.xml").read_text()
    assert 'tests="1" failures="0" errors="1"' in written
    assert re.search(
        r'<testcase [^>]*name="new.onnx"><error message="[^"]*is not an ONNX model[^"]*" type="input"', written
    )
    found = json.loads(ended.output)
    assert (found["kept"], found["exit_code"]) == (None, 2)
    assert "is not an ONNX model" in found["error"]


def test_outputs_that_nobody_can_look_at_are_said_to_be_unknown(command: Command) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Secret", ["x"], ["y"], domain="nobody")], "g", [x], [y])
    opsets = [*OPSET, helper.make_opsetid("nobody", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), "new.onnx")
    check = ("check", "new.onnx", "--device", "simulated", "--preset", "rapid", "--max-latency", "10s")
    ended = command(*check, "--junit", "out.xml")
    assert ended.code == 0, ended.errors
    assert "Whether its outputs are finite is not known: cpu:threads=1 refuses a model: new.onnx" in " ".join(
        ended.output.split()
    )
    assert "Whether its outputs are finite is not known" in Path("out.xml").read_text()
    assert "cannot be loaded" in json.loads(command(*check, "--json").output)["unseen"]


def test_a_model_that_gives_nan_fails(command: Command) -> None:
    zero = helper.make_node("Sub", ["x", "x"], ["zero"])
    nan = helper.make_node("Div", ["zero", "zero"], ["y"])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    graph = helper.make_graph([zero, nan], "nan", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), "new.onnx")
    ended = command(*CHECK, "10s", "--json")
    assert ended.code == 1
    assert "not finite in 'y'" in ended.errors
    assert json.loads(ended.output)["kept"] is False
    assert np.isfinite(json.loads(ended.output)["latency_ms"])
    assert json.loads(ended.output)["unseen"] is None
    elsewhere = open_device(f"cpu:threads=1,python={sys.executable}")
    assert isinstance(elsewhere, OutputWatcher)
    assert elsewhere.not_finite(Path("new.onnx")) == ["y"]


def test_an_output_that_is_no_tensor_is_no_trouble(command: Command) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    y = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("SequenceConstruct", ["x", "x"], ["y"])], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), "new.onnx")
    assert command(*CALM, "10s").code == 0


def test_a_model_that_cannot_even_be_stopped_is_exit_code_3_and_one_sentence(console: Console) -> None:
    write_stubborn(console.folder / "m.onnx")
    ended = console.run("check", "m.onnx", "--max-latency", "1ms", "--device", "cpu:timeout=1", before=BRIEFLY)
    assert ended.returncode == 3
    assert re.search(r"m\.onnx has not returned for 1 s; leave the model out", ended.stderr)
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_an_open_size_is_asked_for_and_the_shape_is_stated_in_text_and_json(command: Command) -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, "h", "w"]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Log", ["x"], ["y"])], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=OPSET, ir_version=9), "new.onnx")
    refused(command(*CALM, "10s"), "--shape x=1x3x224x224")
    refused(command(*CALM, "10s", "--shape", "x=1x3x0"), "A shape is written like x=1x3x224x224")
    np.savez("x.npz", x=np.ones((1, 3, 8, 9), np.float32))
    given = ("--device", f"cpu:threads=1,python={sys.executable}", "--input", "x.npz")
    ended = command(*CHECK, "1us", *given)  # the budget is broken, so a busy machine may say so
    assert ended.code == 1, ended.errors
    assert "Inputs: x 1x3x8x9 (x.npz)." in ended.output
    assert "not finite" not in ended.errors  # which it is of random numbers
    refused(command(*CALM, "10s", "--input", "x.npz"), "Inputs cannot be given there", code=3)


def test_a_shape_is_stated_in_json(command: Command) -> None:
    write_chain(Path("new.onnx"), 2)
    assert json.loads(command(*CALM, "10s", "--json").output)["shapes"]


@pytest.mark.usefixtures("models")
def test_several_models_are_timed_in_turns_beside_the_first(command: Command) -> None:
    words = ("check", "new.onnx", "slow.onnx", "--device", "simulated", "--preset", "rapid")
    ended = command(*words)
    assert ended.code == 0, ended.errors
    assert "2 models in turns on simulated" in ended.output
    assert "Level: " in ended.output
    assert re.search(r"Next: hwnas check new.onnx slow.onnx .*--max-latency [0-9.]+ms", ended.output)
    as_json = json.loads(command(*words, "--json").output)
    first, second = as_json["models"]
    assert (first["model"], second["model"]) == ("new.onnx", "slow.onnx")
    assert first["times"] == pytest.approx(1, abs=0.1)
    assert second["times"] > 2
    assert second["times"] == pytest.approx(second["latency_ms"] / first["latency_ms"], rel=0.1)


@pytest.mark.usefixtures("models")
def test_of_several_models_with_a_budget_each_is_judged(command: Command) -> None:
    Path("same.onnx").write_bytes(Path("new.onnx").read_bytes())
    ended = command(
        "check", "new.onnx", "same.onnx", "--device", "simulated", "--preset", "rapid", "--max-latency", "10s",
        "--json", "--junit", "out.xml",
    )  # fmt: skip
    assert ended.code == 0, ended.errors
    assert [found["kept"] for found in json.loads(ended.output)] == [True, True]
    assert 'tests="2" failures="0"' in Path("out.xml").read_text()
    ended = command(
        "check", "new.onnx", "none.onnx", "--device", "simulated", "--preset", "rapid", "--max-latency", "10s",
        "--junit", "out.xml",
    )  # fmt: skip
    refused(ended, "No model at none.onnx")
    assert 'tests="1" failures="0" errors="1"' in Path("out.xml").read_text()


@pytest.mark.usefixtures("models")
def test_a_promise_without_a_budget_is_bad_input(command: Command) -> None:
    refused(command("check", "new.onnx", "--baseline", "slow.onnx"), "A promise needs --max-latency")
    refused(command("check", "new.onnx", "new.onnx"), "new.onnx is named twice")
    refused(command("check", "new.onnx", "none.onnx"), "none.onnx")


def test_each_of_several_models_is_a_row_with_both_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    first = Measured("a.onnx", 2.0, (1.9, 2.2), 1.0, (1.0, 1.0), 3000, {})
    second = Measured("b.onnx", 5.0, (4.5, 5.25), 2.5, (2.4375, 2.625), 45_600, {})
    _say_timed(SideBySide({}, (first, second), "stable", "Nothing needs doing.", Level()), "simulated")
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines() if "kB" in line]
    assert rows[0] == ["a.onnx", "2", "(1.9-2.2)", "1", "3", "kB"]
    assert rows[1] == ["b.onnx", "5", "(4.5-5.25)", "2.500x", "(2.438-2.625)", "46", "kB"]
    assert "The timing is stable. Nothing needs doing." in out
