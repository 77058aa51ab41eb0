from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.export.quantised import is_quantised, quantise
from hwnas.export.writer import write_onnx
from tests.export.networks import TEXT, Transformer

SPEC = InputSpec("images", (3, 8, 8))


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10)
    ).eval()


def images(n: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, 3, 8, 8)).astype(np.float32)


def outputs(path: Path, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"images": row[None]})[0] for row in x])


@pytest.mark.parametrize("open_batch", [False, True])
def test_integers_give_nearly_the_same_logits_in_a_quarter_of_the_bytes(tmp_path: Path, *, open_batch: bool) -> None:
    plain = write_onnx(network(), [SPEC], tmp_path / "plain.onnx", dynamic_batch=open_batch)
    small = quantise(plain, tmp_path / "int8.onnx", [images(50)])
    wanted, got = outputs(plain, images(20)), outputs(small, images(20))
    assert 0 < np.abs(wanted - got).max() < 0.1 * np.abs(wanted).max()
    assert small.stat().st_size < 0.6 * plain.stat().st_size
    assert (is_quantised(plain), is_quantised(small)) == (False, True)


def test_weights_have_a_scale_per_channel(tmp_path: Path) -> None:
    plain = write_onnx(network(), [SPEC], tmp_path / "plain.onnx")
    graph = onnx.load(quantise(plain, tmp_path / "int8.onnx", [images(4)])).graph
    eights = [x for x in graph.initializer if x.data_type == onnx.TensorProto.INT8 and len(x.dims) == 4]
    scales = {x.name: list(x.dims) for x in graph.initializer if "scale" in x.name}
    assert len(eights) == 2
    assert [16] in scales.values()


def test_no_processor_cuts_the_sum_of_two_products(tmp_path: Path) -> None:
    """As 2 x 64 x 255 is less than 16 bits hold, see `hwnas.contracts.ranges`."""
    plain = write_onnx(network(), [SPEC], tmp_path / "plain.onnx")
    graph = onnx.load(quantise(plain, tmp_path / "int8.onnx", [images(4)])).graph
    eights = [onnx.numpy_helper.to_array(x) for x in graph.initializer if x.data_type == onnx.TensorProto.INT8]
    assert max(int(np.abs(x.astype(int)).max(initial=0)) for x in eights) == 64


def test_equal_inputs_give_equal_files(tmp_path: Path) -> None:
    plain = write_onnx(network(), [SPEC], tmp_path / "plain.onnx")
    first, second = (quantise(plain, tmp_path / f"{i}.onnx", [images(4)]).read_bytes() for i in (1, 2))
    assert first == second


def test_ranges_come_from_the_examples(tmp_path: Path) -> None:
    plain = write_onnx(network(), [SPEC], tmp_path / "plain.onnx")
    small, large = (quantise(plain, tmp_path / f"{i}.onnx", [i * images(4)]).read_bytes() for i in (1, 5))
    assert small != large


def test_attention_with_padding_masked_keeps_its_answers(tmp_path: Path) -> None:
    """A mask of -3e38 within a range of integers would leave one step for all scores."""
    torch.manual_seed(0)
    network, rng = Transformer().eval(), np.random.default_rng(0)
    for layer in (network.query, network.key, network.value):
        nn.init.normal_(layer.weight, std=0.5)  # so that it matters what is looked at
    ids, mask = rng.integers(0, 50, (100, 8)), np.sort(rng.integers(0, 2, (100, 8)), axis=1)[:, ::-1].copy()
    plain = write_onnx(network, TEXT, tmp_path / "plain.onnx", dynamic_batch=True)
    small = quantise(plain, tmp_path / "int8.onnx", [ids[:50], mask[:50]])
    wanted, got = (
        onnxruntime.InferenceSession(path).run(None, {"ids": ids, "mask": mask})[0] for path in (plain, small)
    )
    assert 0 < np.abs(wanted - got).max() < 0.1 * np.abs(wanted).max()


def test_what_leads_to_a_softmax_stays_in_float32_whatever_nodes_are_called(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = onnx.load(write_onnx(Transformer().eval(), TEXT, tmp_path / "plain.onnx"))
    for node in model.graph.node:
        node.name = ""
    onnx.save(model, tmp_path / "nameless.onnx")
    ids, mask = np.zeros((4, 8), np.int64), np.ones((4, 8), np.int64)
    graph = onnx.load(quantise(tmp_path / "nameless.onnx", tmp_path / "int8.onnx", [ids, mask])).graph
    makers = {node.output[0]: node for node in graph.node}
    (softmax,) = [node for node in graph.node if node.op_type == "Softmax"]
    added = makers[softmax.input[0]]
    assert [makers[name].op_type for name in added.input] == ["Mul", "Where"]


def test_what_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_text("no model")
    with pytest.raises(InputError, match=r"broken\.onnx cannot be quantised"):
        quantise(broken, tmp_path / "int8.onnx", [images(4)])
    with pytest.raises(InputError, match=r"broken\.onnx is not an ONNX model"):
        is_quantised(broken)
    assert not (tmp_path / "int8.onnx").exists()
