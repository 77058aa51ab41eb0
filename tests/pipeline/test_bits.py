"""Architecture and bits searched together, as its user sees it."""

import json
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from hwnas.contracts.errors import InputError
from hwnas.contracts.search_space import InputSpec
from hwnas.devices import open_device
from hwnas.devices._facts import Opener
from hwnas.devices._session import Operation
from hwnas.elasticity.elastic import elastic
from hwnas.export import manifest as manifests
from hwnas.pipeline.bits import ALL, JOINT, NONE, WithBits, refuse_without_int8, search_with_bits
from hwnas.pipeline.delivery.front import file_of
from hwnas.pipeline.open import load_supernet
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.shrink import shrink
from hwnas.pipeline.study import Study
from hwnas.spaces._bits import INT8, bits_of_layers
from hwnas.testing._tiny_task import TinyTask
from hwnas.training._recipe import Recipe
from tests.plugged import Simulated


def network(width: int = 16) -> nn.Module:
    torch.manual_seed(0)
    first, second = nn.Linear(6, width), nn.Linear(width, width)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Linear(width, 3)).eval()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> WithBits:
    task = TinyTask(InputSpec("x", (6,)), n=48)
    supernet = elastic(network(), torch.from_numpy(task.examples("train").inputs[0][:2]))
    study = Study(tmp_path_factory.mktemp("bits"), supernet, task, Simulated(), preset="rapid")
    return search_with_bits(study, "layer", 6, samples=24, finalists=3)


def test_float32_and_int8_are_searched_beside_it_as_long(found: WithBits) -> None:
    assert [arm.name for arm in found.arms] == [NONE, ALL, JOINT]
    assert {arm.front.evaluations for arm in found.arms} == {6}
    for arm in found.arms:
        assert len(arm.latencies_ms) == len(arm.front.members)
        assert 0 <= arm.hypervolume <= 1
    float32, int8, _ = found.arms
    for member in int8.front.members:
        assert set(bits_of_layers(int8.study.space, int8.study.space.architecture(member.architecture)).values()) == {
            INT8
        }
    assert not any("QuantizeLinear" in operators(file_of(m, float32.study.run.folder)) for m in float32.front.members)


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def test_the_joint_search_begins_with_what_the_others_found(found: WithBits) -> None:
    study = found.joint.study
    runs = [n for n, record in study.run.archive.searches().items() if record.role == "search"]
    (run,) = runs
    tried = [result.trial.architecture for result in study.run.archive.results(run)]
    for arm, bits in zip(found.arms[:2], (32, 8), strict=True):
        first = arm.front.members[0].architecture
        everywhere = {name: bits for name in study.space.names if name.startswith("bits.")}
        assert study.space.architecture({**first, **everywhere}) in tried


def test_a_manifest_states_the_bits_of_every_layer_and_what_they_were_found_on(found: WithBits, tmp_path: Path) -> None:
    whole = found.arms[1]
    manifest = whole.front.pick().export(tmp_path / "model.onnx")
    assert manifest.precision == "int8"
    assert manifest.bits is not None
    space = whole.study.space
    assert manifest.bits.layers == bits_of_layers(space, space.architecture(manifest.architecture))
    assert manifest.bits.calibration_images == 48
    assert manifest.bits.agreement == manifest.parity_top1_agreement
    low, high = manifest.bits.agreement_interval or (2.0, 2.0)
    assert low <= (manifest.bits.agreement or 0.0) <= high
    assert manifests.verify(tmp_path / "model.onnx") == manifest
    assert json.loads((tmp_path / "model.json").read_text())["latency_ms"] > 0
    with pytest.raises(InputError, match="layers in INT8 is handed out as an ONNX file alone"):
        whole.front.pick().export(tmp_path / "other.onnx", also=["torch"])
    assert not (tmp_path / "other.onnx").exists()


def test_what_int8_buys_is_told_by_kind_of_layer_on_the_page_too(found: WithBits) -> None:
    (linear,) = found.worth.kinds
    assert (linear.kind, linear.layers) == ("linear", 3)
    told = found.worth.sentences[0]
    assert told.startswith("What INT8 buys on ")
    assert linear.words in told
    assert "instructions" not in told  # which this device does not tell
    notes = found.joint.study.front().notes
    assert list(found.worth.sentences) == notes[: len(found.worth.sentences)]
    assert JOINT in notes[-1]
    page = found.joint.study.report(found.joint.front).read_text()
    assert "What INT8 buys on " in page


def test_how_accuracy_is_recovered_has_a_folder_of_its_own_and_training_is_no_part_of_a_search(found: WithBits) -> None:
    study = found.arms[0].study
    assert study.with_bits("block", ranges="entropy", recover="bias").run.folder.name == "bits-block-entropy-bias"
    with pytest.raises(InputError, match="A search hands out inherited weights, and recover=qat trains them"):
        search_with_bits(study, recover="qat")


def test_the_folder_of_a_search_with_bits_is_a_run_like_any_other(found: WithBits) -> None:
    joint = found.joint.study
    again = load_supernet(joint.run.folder, model=joint.network(joint.space.largest))
    assert again.space.choices == joint.space.choices
    study = Study(joint.run.folder, again, joint.task, Simulated(), preset="rapid")
    assert study.front().members == found.joint.front.members


def test_a_study_with_bits_goes_on_where_and_from_which_tables_the_whole_study_does(
    found: WithBits, tmp_path: Path
) -> None:
    whole = found.arms[0].study
    plain, other = whole.run.table_file(whole.device.card().id), Simulated(name="other")
    study = Study(
        tmp_path / "run", whole.supernet, whole.task, other, preset="rapid", transfer_from=[whole.run.folder],
        on="cpu", baseline=whole.network(whole.space.largest),
    )  # fmt: skip
    joint, integers = study.with_bits("layer"), study.with_bits("all")
    assert [source.device for source in joint.profile(10).transfer_sources] == ["simulated"]
    assert (joint.on, joint.original is None, integers.original is None) == ("cpu", False, True)
    study = Study(tmp_path / "run", whole.supernet, whole.task, other, preset="rapid", transfer_from=[plain])
    with pytest.raises(InputError, match=r"holds no usable latency table of space 'elastic' with \{'bits': 'layer'"):
        study.with_bits("layer")


class InFloat32(Simulated, Opener):
    """Tells that it computes convolutions of any file in float32."""

    def operations(self, model: Path) -> list[Operation]:  # noqa: ARG002
        kinds = ("QuantizeLinear", "Conv")
        return [
            Operation(name=k, kind=k, provider="SomeProvider", inputs=[], weights=[], outputs=[], time_ms=1.0)
            for k in kinds
        ]


def test_a_provider_that_computes_int8_layers_in_float32_is_refused_and_one_that_cannot_tell_is_not() -> None:
    with pytest.raises(InputError, match="SomeProvider on simulated computes layers in float32 that are to be"):
        refuse_without_int8(InFloat32())
    refuse_without_int8(Simulated())
    refuse_without_int8(open_device("cpu:threads=1"))


def test_a_trained_network_is_shrunk_and_put_into_integers_in_one_call(tmp_path: Path) -> None:
    task, recipe = TinyTask(InputSpec("x", (6,)), n=48), Recipe(epochs=1, batch_size=8)
    # Half as wide in float32 is 3.3 times as fast where time is size: four times needs integers.
    shrunk = shrink(
        network(64), task, Simulated(), folder=tmp_path / "run", speedup=4, recipe=recipe, best=1, evaluations=4,
        samples=24, preset="rapid", bits="block", recover="qat", multiple_of=32,
    )  # fmt: skip
    assert shrunk.manifest.precision != "float32"
    assert {int(v) for k, v in shrunk.manifest.architecture.items() if k.endswith("width")} <= {32, 64}
    assert shrunk.manifest.bits is not None
    assert shrunk.manifest.bits.recover == "qat"
    assert {v for k, v in shrunk.original.architecture.items() if k.startswith("bits.")} == {32}
    with pytest.raises(InputError, match="What bits are chosen for is one of block, layer, got 'all'"):
        shrink(network(), task, Simulated(), folder=tmp_path / "other", speedup=1.5, recipe=recipe, bits="all")
    with pytest.raises(InputError, match="nothing to recover by 'bias' without integers; choose bits, too"):
        shrink(network(), task, Simulated(), folder=tmp_path / "other", speedup=1.5, recipe=recipe, recover="bias")
    with Run(tmp_path / "run").searches(shrunk.front.search.profile) as archive:
        judged = [dict(result.trial.architecture) for result in archive.results()]
    assert {k: 8 if k.startswith("bits.") else v for k, v in shrunk.original.architecture.items()} in judged
    assert "QuantizeLinear" in operators(shrunk.onnx)
    assert not any("Quantize" in type(layer).__name__ for layer in shrunk.module.modules())
