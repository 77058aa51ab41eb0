"""One call from a trained network to a smaller one: within the budget, of its own class, and beside the original."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import hwnas
from hwnas.contracts.task import Batch
from hwnas.pipeline.run_folder import is_being_shrunk
from hwnas.pipeline.selection.evenly import evenly_narrowed
from hwnas.pipeline.shrink import Shrunk, shrink
from hwnas.pipeline.study import open_study
from hwnas.profiling.table import LatencyTable
from hwnas.testing._tiny_task import TinyTask
from tests.elasticity.networks import Cnn
from tests.plugged import Simulated
from tests.runs import tiny_run

SPEC = hwnas.InputSpec("x", (1, 8, 8))
RECIPE = hwnas.Recipe(epochs=2, batch_size=8, learning_rate=0.02)
WAY = {"evaluations": 8, "samples": 24, "preset": "rapid", "recipe": RECIPE, "best": 2}


def network() -> Cnn:
    torch.manual_seed(0)
    return Cnn().eval()


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shrunk]:
    folder = tmp_path_factory.mktemp("shrunk") / "run"
    return folder, shrink(network(), TinyTask(SPEC), Simulated(), folder=folder, speedup=1.5, **WAY)  # type: ignore[arg-type]


def test_it_keeps_the_budget_and_says_what_the_original_had(shrunk: tuple[Path, Shrunk]) -> None:
    _, found = shrunk
    assert found.original.limited_ms / found.member.limited_ms >= 1.5
    assert found.manifest.budget_ms == pytest.approx(found.original.limited_ms / 1.5)
    assert found.original.architecture == found.front.original.architecture  # type: ignore[union-attr]
    assert found.original.params == sum(p.numel() for p in network().parameters())
    assert found.report.is_file()
    beside, weights = found.manifest.original, found.manifest.weights
    assert beside is not None
    assert (beside.score, beside.latency_ms) == (found.original.score, found.original.latency_ms)
    assert beside.speedup == pytest.approx(found.speedup)
    assert weights is not None
    assert (weights.how, weights.recipe) == ("healed", found.front.healing.recipe)  # type: ignore[union-attr]
    assert weights.measured_score_before == found.front.healing.before[found.member.key]  # type: ignore[union-attr]


def test_the_run_of_a_network_given_in_python_is_opened_again_by_its_code(
    shrunk: tuple[Path, Shrunk], tmp_path: Path
) -> None:
    folder, found = shrunk
    mine = tmp_path / "mine.py"
    mine.write_text("from tests.pipeline.test_shrink import SPEC, Cnn, TinyTask\ntask = TinyTask(SPEC)\n")
    with pytest.raises(hwnas.InputError, match=r"by --space FILE\.py:NAME"):
        open_study(folder, Simulated(), f"{mine}:task")
    study = open_study(folder, Simulated(), f"{mine}:task", space=f"{mine}:Cnn")
    again = study.front().only(found.member.key).pick().module()
    images = torch.randn(3, *SPEC.shape)
    with torch.no_grad():
        assert torch.equal(again(images), found.module(images))
    with pytest.raises(hwnas.InputError, match="was not made of a network; load it without"):
        open_study(tiny_run(tmp_path / "run"), Simulated(), space=f"{mine}:Cnn")


def test_a_shrinking_that_was_cut_short_says_so_until_it_has_its_model(
    shrunk: tuple[Path, Shrunk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = shrunk
    assert not is_being_shrunk(folder)

    def cut_short(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hwnas.Study, "search", cut_short)
    with pytest.raises(KeyboardInterrupt):
        shrink(network(), TinyTask(SPEC), Simulated(), folder=tmp_path, speedup=1.5, **WAY)  # type: ignore[arg-type]
    assert is_being_shrunk(tmp_path)


def test_some_near_the_budget_are_timed_beside_those_of_the_whole_space(shrunk: tuple[Path, Shrunk]) -> None:
    folder, found = shrunk
    (table,) = map(LatencyTable.read, (folder / "latency_tables").glob("*.json"))
    near = [row.latency_ms for row in table.rows[WAY["samples"] :]]  # type: ignore[index]
    assert 0 < len(near) <= 6
    budget_ms = found.original.latency_ms / 1.5
    assert max(abs(ms - budget_ms) for ms in near) < 0.4 * budget_ms


def test_one_of_those_that_are_healed_has_all_layers_narrowed_alike(shrunk: tuple[Path, Shrunk]) -> None:
    folder, found = shrunk
    space = hwnas.load_supernet(folder, model=network()).space
    assert found.front.healing is not None
    healed = set(found.front.healing.before)
    assert len(healed) == 2
    assert len(healed & {a.key for a in evenly_narrowed(space, space.largest)[1:]}) == 1


def test_module_and_file_compute_the_same_and_are_of_the_users_class(shrunk: tuple[Path, Shrunk]) -> None:
    _, found = shrunk
    assert type(found.module) is Cnn
    x = TinyTask(SPEC).examples("report").inputs[0]
    session = onnxruntime.InferenceSession(found.onnx, providers=["CPUExecutionProvider"])
    (name,) = (i.name for i in session.get_inputs())
    with torch.no_grad():
        logits = found.module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(
        np.concatenate([session.run(None, {name: row[None]})[0] for row in x]), logits, atol=1e-4
    )


def test_the_worst_score_is_asked_of_those_that_are_fine_tuned(shrunk: tuple[Path, Shrunk]) -> None:
    folder, found = shrunk
    assert found.front.healing is not None
    before, after = max(found.front.healing.before.values()), found.member.expected_score
    assert before < after
    again = shrink(
        network(), TinyTask(SPEC), Simulated(), folder=folder, speedup=1.5, worst_score=(before + after) / 2, **WAY  # type: ignore[arg-type]
    )  # fmt: skip
    assert again.manifest.architecture == found.manifest.architecture
    with pytest.raises(hwnas.PromiseError, match="the best accuracy to expect is"):
        shrink(
            network(), TinyTask(SPEC), Simulated(), folder=folder, speedup=1.5, worst_score=0.9999, **WAY  # type: ignore[arg-type]
        )  # fmt: skip
    with pytest.raises(hwnas.InputError, match="a fraction between 0 and 1, got 92"):
        shrink(network(), TinyTask(SPEC), Simulated(), folder=folder, speedup=1.5, worst_score=92)


def test_the_same_call_again_times_and_trains_nothing_but_the_model_once_more(shrunk: tuple[Path, Shrunk]) -> None:
    folder, found = shrunk
    device, steps = Simulated(), set()
    again = shrink(
        network(), TinyTask(SPEC), device, folder=folder, speedup=1.5,
        progress=lambda step, done, _: steps.add((step, done)), **WAY,  # type: ignore[arg-type,func-returns-value]
    )  # fmt: skip
    assert again.manifest.architecture == found.manifest.architecture
    assert again.manifest.score == found.manifest.score
    assert set(device.timed) <= {Path(found.member.file).stem, "model", "probe", "pace"}


def test_a_budget_that_the_original_keeps_is_kept_by_a_smaller_one(tmp_path: Path) -> None:
    found = shrink(network(), TinyTask(SPEC), Simulated(), folder=tmp_path, max_latency_ms=1e6, **WAY)  # type: ignore[arg-type]
    assert found.front.healing is not None
    assert found.original.key not in found.front.healing.before
    assert found.member.latency_ms < found.original.latency_ms


def test_another_recipe_in_the_same_folder_begins_with_inherited_weights_and_says_so(
    shrunk: tuple[Path, Shrunk], tmp_path: Path
) -> None:
    folder = shutil.copytree(shrunk[0], tmp_path / "run")
    other = {**WAY, "recipe": replace(RECIPE, epochs=1)}
    with pytest.warns(UserWarning, match="This run was healed before, by another recipe"):
        again = shrink(network(), TinyTask(SPEC), Simulated(), folder=folder, speedup=1.5, **other)  # type: ignore[arg-type]
    assert again.front.healing is not None
    assert again.front.healing.recipe["epochs"] == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Nothing says how small"),
        ({"speedup": 1.0}, "A speedup is above 1"),
        ({"max_latncy_ms": 1.0}, "A limit is one of max_latency_ms"),
        ({"speedup": 2.0, "preset": "rapd"}, "rapid"),
        ({"speedup": 2.0, "best": 0}, "The number of sub-networks to heal is"),
        ({"speedup": 2.0, "samples": 21}, "The number of samples that latencies are learnt from is a .* 22, got 21"),
        ({"speedup": 2.0, "evaluations": 0}, "The number of evaluations is"),
        ({"speedup": 2.0, "device": "cpu:thread=1"}, "threads"),
        ({"speedup": 2.0, "device": "cpu:precision=int8"}, "A search hands out float32 models"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_network_is_looked_through(
    asked: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwnas.pipeline.shrink.elastic", lambda *_, **__: pytest.fail("it was"))
    device = Simulated()
    with pytest.raises(hwnas.InputError, match=words):
        shrink(network(), TinyTask(SPEC), **{"device": device, "folder": tmp_path, **asked})  # type: ignore[arg-type]
    assert device.timed == []


def test_a_budget_below_the_smallest_is_refused_by_how_much(tmp_path: Path) -> None:
    with pytest.raises(hwnas.PromiseError, match="the fastest timed takes"):
        shrink(network(), TinyTask(SPEC), Simulated(), folder=tmp_path, max_latency_ms=1e-4, **WAY)  # type: ignore[arg-type]


def test_a_loss_that_cannot_be_learnt_by_is_refused_before_anything_is_timed(tmp_path: Path) -> None:
    class EachApart(TinyTask):
        def loss(self, output: torch.Tensor, batch: Batch) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(output, batch.labels, reduction="none")

    device = Simulated()
    with pytest.raises(hwnas.InputError, match=r"`loss` of task .* should give one finite number"):
        shrink(network(), EachApart(SPEC), device, folder=tmp_path / "run", speedup=1.5, **WAY)  # type: ignore[arg-type]
    assert device.timed == []
    assert not (tmp_path / "run").exists()
