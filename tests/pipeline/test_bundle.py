"""A bundle is checked again where there is Python, numpy and onnxruntime, and no hwnas."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.files import write_atomic
from hwnas.contracts.objective import Objective
from hwnas.contracts.outputs import outputs
from hwnas.contracts.task import ACCURACY
from hwnas.devices import _pack
from hwnas.export import manifest as manifests
from hwnas.export.quantised import is_quantised, quantise
from hwnas.pipeline import bundle as bundling
from hwnas.pipeline.bundle import Bundle, put_in_place, write_bundle
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.recheck import recheck
from hwnas.testing._models import write_failing
from tests.pipeline.conftest import reopened

LIMITS = Limits.of(max_latency_ms=1e3)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place to import numpy and onnxruntime from, and nothing else that is installed."""
    place = tmp_path_factory.mktemp("site")
    for name in ("numpy", "onnxruntime"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        for part in (package, package.with_name(f"{name}.libs")):
            if part.is_dir():
                (place / part.name).symlink_to(part)
    return place


@pytest.fixture(scope="module")
def bundled(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With INT8, however that came out on so few images."""
    folder = Path(shutil.copytree(finished, tmp_path_factory.mktemp("bundled") / "run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundling, "LEAST_SHARE_OF_SCORE", 0.0)
        patch.setattr(bundling, "LEAST_AGREEMENT", 0.0)
        return write_bundle(reopened(folder), folder / "out" / "bundle", LIMITS)


@pytest.fixture
def bundle(bundled: Bundle, tmp_path: Path) -> Bundle:
    """A copy of it, to spoil."""
    return replace(bundled, folder=Path(shutil.copytree(bundled.folder, tmp_path / "bundle")))


def run(elsewhere: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Its check, by a Python that sees nothing else: neither installed packages nor this checkout."""
    environment = {"PYTHONPATH": str(elsewhere), "PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-S", "recheck.py", "--preset", "rapid", "--device", "cpu:threads=1", *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_holds_both_models_their_manifests_and_the_runner_of_remote_devices(bundle: Bundle) -> None:
    names = {path.name for path in bundle.folder.iterdir()}
    assert names == {
        "model.onnx", "model.json", "model_int8.onnx", "model_int8.json", "outputs.npz", "recheck.py", "runner.pyz",
        "README.md",
    }  # fmt: skip
    assert (bundle.folder / "runner.pyz").read_bytes() == _pack.runner()
    plain, small = (manifests.verify(bundle.folder / name) for name in ("model.onnx", "model_int8.onnx"))
    assert (plain.precision, small.precision) == ("float32", "int8")
    assert is_quantised(bundle.folder / "model_int8.onnx")
    assert plain.int8 == small.int8
    assert plain.int8 is not None
    assert plain.int8.shipped
    assert "INT8 is shipped: on 48 images" in plain.int8.sentence
    assert small.score == plain.int8.score
    assert plain.int8.float32_score == pytest.approx(plain.score)
    assert small.latency_ms is not None
    assert small.latency_ms != plain.latency_ms
    assert small.device is not None
    assert small.device["precision"] == "int8"


def test_the_stated_parity_of_int8_is_what_the_files_do(bundle: Bundle, searched: Path) -> None:
    report = reopened(searched).task.examples("report")
    chosen = []
    for name in ("model.onnx", "model_int8.onnx"):
        session = onnxruntime.InferenceSession(bundle.folder / name, providers=["CPUExecutionProvider"])
        given = session.get_inputs()[0].name
        logits = [session.run(None, {given: x[None]})[0] for x in report.inputs[0]]
        chosen.append(np.concatenate(logits).argmax(axis=1))
    assert bundle.int8 is not None
    assert bundle.int8.score == pytest.approx((chosen[1] == report.labels).mean())
    assert bundle.int8.parity_top1_agreement == pytest.approx((chosen[0] == chosen[1]).mean())


def test_anyone_checks_it_without_hwnas(bundle: Bundle, elsewhere: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(bundle.folder, tmp_path / "copied"))
    told = run(elsewhere, copied)
    assert told.returncode == 0, told.stderr
    assert "model.onnx (float32) on cpu:threads=1" in told.stdout
    assert "model_int8.onnx (int8) on cpu:threads=1" in told.stdout
    assert "Promise: at most 1e+03 ms on another machine (none" in told.stdout
    assert told.stdout.count(": kept.") == 2
    broken = run(elsewhere, copied, "--max-latency-ms", "1e-6", "--json")
    assert broken.returncode == 1
    assert "is over its budget of 1e-06 ms" in broken.stderr
    answers = [json.loads(line) for line in broken.stdout.splitlines()]
    assert [answer["model"] for answer in answers] == ["model.onnx", "model_int8.onnx"]
    assert all(a["latency_ms_interval"][0] <= a["latency_ms"] <= a["latency_ms_interval"][1] for a in answers)
    assert all(answer["broken"] for answer in answers)
    assert not any("hwnas" in path.name for path in elsewhere.iterdir())


def test_what_was_changed_on_the_way_is_found_out(bundle: Bundle, elsewhere: Path) -> None:
    kept = dict(np.load(bundle.folder / "outputs.npz"))
    np.savez(bundle.folder / "outputs.npz", **{k: v + (k == "model.onnx") for k, v in kept.items()})
    other = run(elsewhere, bundle.folder)
    assert other.returncode == 1
    assert "model.onnx computes something else here" in other.stderr
    (bundle.folder / "model.onnx").write_bytes((bundle.folder / "model.onnx").read_bytes() + b"\0")
    changed = run(elsewhere, bundle.folder)
    assert changed.returncode == 2
    assert "model.onnx is not the file its manifest speaks of" in changed.stderr
    (bundle.folder / "model.json").write_text("{}")
    assert "model.json is not a manifest" in run(elsewhere, bundle.folder).stderr


def test_a_device_that_is_not_there_is_exit_code_3_and_bad_words_2(bundle: Bundle, elsewhere: Path) -> None:
    missing, wrong = (run(elsewhere, bundle.folder, "--device", name) for name in ("ep:MIGraphX", "cpi"))
    assert (missing.returncode, wrong.returncode) == (3, 2)
    for ended in (missing, wrong):  # another test may be timing
        assert len([line for line in ended.stderr.splitlines() if "Waiting for another process" not in line]) == 1


def test_int8_that_computes_something_else_is_not_shipped_and_a_sentence_says_so(
    searched: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    def badly(source: Path, target: Path, calibration: Sequence[np.ndarray]) -> Path:
        return quantise(source, target, [x * 1e-3 for x in calibration])

    folder = searched / "bundle"
    folder.mkdir()
    with outputs([folder / "model_int8.json"]):
        write_atomic(folder / "model_int8.json", "of an earlier bundle")
    monkeypatch.setattr(bundling, "quantise", badly)
    found = write_bundle(reopened(searched), folder, LIMITS)
    assert found.int8 is None
    assert found.sentence.startswith("INT8 is not shipped: on 48 images its accuracy is")
    assert not list(folder.glob("model_int8*"))
    assert manifests.verify(folder / "model.onnx").int8 == found.float32.int8
    assert run(elsewhere, folder).returncode == 0


def test_what_is_asked_of_int8_is_a_most_where_less_is_better() -> None:
    assert bundling.asked_of(ACCURACY) == "at least 99% of"
    assert bundling.asked_of(Objective("perplexity", "min")) == "at most 101% of"


def test_a_model_that_cannot_be_quantised_is_bundled_without_int8_and_a_sentence_says_why(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path, target: Path, calibration: Sequence[np.ndarray]) -> Path:
        return quantise(write_failing(searched / "failing.onnx"), target, calibration)

    monkeypatch.setattr(bundling, "quantise", broken)
    found = write_bundle(reopened(searched), searched / "bundle", LIMITS)
    assert found.int8 is None
    assert found.sentence.startswith("INT8 is not shipped: the model cannot be quantised, for ")
    assert manifests.verify(searched / "bundle" / "model.onnx").int8 == found.float32.int8
    assert recheck(searched / "bundle", "cpu:threads=1", "rapid", None)[0].broken == ()


def test_int8_that_computes_the_very_same_is_shipped(searched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def same(source: Path, target: Path, _: Sequence[np.ndarray]) -> Path:
        return Path(shutil.copy(source, target))

    monkeypatch.setattr(bundling, "quantise", same)
    found = write_bundle(reopened(searched), searched / "bundle", LIMITS)
    assert found.int8 is not None
    kept = np.load(found.folder / "outputs.npz")
    assert (kept["model.onnx:allowed"] == kept["model_int8.onnx:allowed"]).all()
    assert found.int8.parity_max_abs_diff == 0


def test_killed_while_it_is_made_a_second_bundle_leaves_the_first_as_it_was(
    bundle: Bundle, searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    before = {path.name: path.read_bytes() for path in bundle.folder.iterdir()}
    monkeypatch.setattr(bundling, "quantise", killed)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(reopened(searched), bundle.folder, LIMITS, force=True)
    assert {path.name: path.read_bytes() for path in bundle.folder.iterdir()} == before


@pytest.mark.parametrize("writes", range(9))
def test_killed_while_it_is_put_in_place_it_claims_nothing_that_is_not_there(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The new bundle has no INT8 version, and says other outputs."""
    new = Path(shutil.copytree(bundle.folder, tmp_path / "new"))
    for name in ("model_int8.onnx", "model_int8.json"):
        (new / name).unlink()
    (new / "outputs.npz").write_bytes(b"others")
    left = writes

    def write(path: Path, data: bytes) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        write_atomic(path, data)

    monkeypatch.setattr(bundling, "write_atomic", write)
    with suppress(KeyboardInterrupt):
        put_in_place(new, bundle.folder)
    claims = sorted(path.name for path in bundle.folder.glob("*.json"))
    assert claims == (["model.json"] if writes >= 6 else [])
    assert not list(bundle.folder.glob("model_int8*"))
    for name in claims:
        manifests.verify(bundle.folder / name.replace("json", "onnx"))
        assert (bundle.folder / "outputs.npz").read_bytes() == b"others"


def test_a_folder_with_something_else_in_it_and_a_budget_nothing_keeps_are_refused(searched: Path) -> None:
    with pytest.raises(InputError, match="with fashion in it"):
        (searched / "data" / "fashion").mkdir(parents=True)
        write_bundle(reopened(searched), searched / "data", LIMITS)
    with pytest.raises(PromiseError, match="keeps the limits"):
        write_bundle(reopened(searched), searched / "none", Limits.of(max_latency_ms=1e-6))
    assert not (searched / "none").exists()
    (searched / "file").touch()
    with pytest.raises(InputError, match="got the file"):
        write_bundle(reopened(searched), searched / "file", LIMITS)


def test_a_readme_of_the_users_in_the_folder_is_not_replaced(searched: Path) -> None:
    folder = searched / "bundle"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    with pytest.raises(InputError, match=r"README\.md is there already"):
        write_bundle(reopened(searched), folder, LIMITS)
    assert [path.name for path in folder.iterdir()] == ["README.md"]


def test_hidden_files_that_a_kill_left_go_with_the_next_bundle(bundle: Bundle, searched: Path) -> None:
    left = bundle.folder / ".model.onnx.hwnas-0123abcd"
    left.touch()
    os.utime(left, (0, 0))
    write_bundle(reopened(searched), bundle.folder, LIMITS, force=True)
    assert not left.exists()
