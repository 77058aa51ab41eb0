"""A bundle that was damaged, or asked for nonsense, is bad input: one sentence, exit code 2."""

import hashlib
import json
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwnas.contracts.errors import InputError
from hwnas.devices._session import Sessions
from hwnas.profiling.bundle_outputs import _kept, packed
from hwnas.profiling.recheck import main, recheck
from hwnas.profiling.stopwatch import Profile, time_models
from hwnas.profiling.verdict import Verdict
from hwnas.testing._models import write_chain

PROMISE = {
    "precision": "float32",
    "device": None,
    "budget_ms": 1e3,
    "latency_ms_interval": None,
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Of one model."""
    model = write_chain(tmp_path / "model.onnx", 2, width=8)
    promise(model)
    feeds = Sessions().example(str(model), 0)
    allowed = np.full(Sessions().answer(str(model), feeds).shape[1:], 1e-5)
    (tmp_path / "outputs.npz").write_bytes(packed(feeds, {model: allowed}))
    return tmp_path


def promise(model: Path, **other: object) -> None:
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    model.with_suffix(".json").write_text(json.dumps({**PROMISE, "sha256": digest, **other}))


def ends(bundle: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["recheck.py", "--preset", "rapid", *words])
    try:
        main(bundle)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_outputs_that_were_cut_off_or_damaged_are_bad_input(bundle: Path) -> None:
    file = bundle / "outputs.npz"
    whole = file.read_bytes()
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"outputs\.npz has no outputs of model\.onnx; copy the bundle again"):
            recheck(bundle, None, "rapid", None)
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with suppress(InputError):  # and nothing else
            _kept(bundle / "model.onnx")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", {"threads": 1}),
        ("device", {"processor": "p", "runtime": "r", "provider": "CPUExecutionProvider"}),
        ("device", "cpu"),
        ("budget_ms", "2ms"),
        ("budget_ms", 0),
        ("budget_ms", True),
        ("device", {"threads": True, "processor": "p", "runtime": "r", "provider": "CPUExecutionProvider"}),
        ("latency_ms_interval", [1.0]),
    ],
)
def test_a_manifest_that_makes_no_sense_is_bad_input_and_names_the_field(
    bundle: Path, field: str, value: object
) -> None:
    promise(bundle / "model.onnx", **{field: value})
    with pytest.raises(InputError, match=rf"model\.json lacks {field}, or has what makes no sense there"):
        recheck(bundle, None, "rapid", None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"budget_ms": 1000.0', '"budget_ms": 1000.0, "budget_ms": 9000.0', "the key 'budget_ms' is there twice"),
        ('"budget_ms": 1000.0', '"budget_ms": NaN', "NaN is no number"),
        ('"sha256"', '"sha"', "it has no sha256"),
    ],
)
def test_a_manifest_that_can_be_read_in_two_ways_is_bad_input(bundle: Path, old: str, new: str, said: str) -> None:
    manifest = bundle / "model.json"
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(InputError, match=rf"model\.json is not a manifest \({said}\); export the bundle again"):
        recheck(bundle, None, "rapid", None)


def test_a_model_that_cannot_be_read_is_bad_input(bundle: Path) -> None:
    (bundle / "model.onnx").unlink()
    (bundle / "model.onnx").mkdir()
    with pytest.raises(InputError, match=r"model\.onnx cannot be read"):
        recheck(bundle, None, "rapid", None)


@pytest.mark.parametrize("budget", ["nan", "0", "-1", "inf"])
def test_a_budget_that_is_no_latency_is_refused(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], budget: str
) -> None:
    assert ends(bundle, monkeypatch, f"--max-latency-ms={budget}") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"A budget is a number of milliseconds above zero, got {float(budget):g}.\n"


def test_outputs_past_comparing_break_the_promise_in_json_that_anything_reads(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = dict(np.load(bundle / "outputs.npz"))
    for strange in (kept["model.onnx"][:, :3], np.full_like(kept["model.onnx"], np.nan)):
        allowed = kept["model.onnx:allowed"][: strange.shape[1]]
        np.savez(bundle / "outputs.npz", **{**kept, "model.onnx": strange, "model.onnx:allowed": allowed})
        assert ends(bundle, monkeypatch, "--json") == 1
        told = capsys.readouterr()
        assert "computes something else here: outputs of another shape" in told.err
        assert json.loads(told.out, parse_constant=pytest.fail)["outputs_differ"] is None


def test_each_output_is_compared_by_what_is_allowed_for_it(bundle: Path) -> None:
    """One masked with -1e9 does not hide that another one is wrong."""
    kept = dict(np.load(bundle / "outputs.npz"))
    assert not recheck(bundle, None, "rapid", None)[0].broken
    wanted = kept["model.onnx"]
    wanted[:, 0] += 1e-4 * np.sign(wanted[:, 0] + 0.5)
    kept["model.onnx:allowed"].flat[1] = 1e9
    np.savez(bundle / "outputs.npz", **kept)
    assert "computes something else here: an output differs by" in recheck(bundle, None, "rapid", None)[0].broken[0]


def test_where_nothing_may_differ_and_nothing_does_the_promise_is_kept(bundle: Path) -> None:
    kept = dict(np.load(bundle / "outputs.npz"))
    np.savez(bundle / "outputs.npz", **{**kept, "model.onnx:allowed": 0 * kept["model.onnx:allowed"]})
    assert recheck(bundle, None, "rapid", None)[0].outputs_differ == 0


def test_a_provider_that_names_a_program_is_not_run(bundle: Path) -> None:
    program = bundle / "program"
    program.write_text(f"#!/bin/sh\ntouch {bundle}/run\n")
    program.chmod(0o755)
    card = {"processor": "p", "runtime": "r", "provider": f"CPU,python={program}", "threads": 1}
    promise(bundle / "model.onnx", device=card)
    with pytest.raises(InputError, match=r"model\.json names the device .*give it with --device"):
        recheck(bundle, None, "rapid", None)
    assert not (bundle / "run").exists()


def test_a_latency_is_stated_with_what_is_known_of_its_level(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends(bundle, monkeypatch)
    assert "between sessions is unknown, for one session is remembered of it" in capsys.readouterr().out
    ends(bundle, monkeypatch, "--json")
    level = json.loads(capsys.readouterr().out)["level"]
    assert (level["sessions"], level["next_session"]) == (1, None)


def test_a_bundle_for_a_device_of_ones_own_asks_what_to_time_on(bundle: Path) -> None:
    own = {"device": "own.py:Board", "processor": "a board", "runtime": "its own", "provider": "none", "threads": 1}
    promise(bundle / "model.onnx", device=own)
    with pytest.raises(InputError, match=r"names the device 'own\.py:Board', which is none of hwnas's; .* --device"):
        recheck(bundle, None, "rapid", None)
    assert not recheck(bundle, "cpu:threads=1", "rapid", None)[0].broken


def test_kept_by_little_in_an_unusable_timing_is_not_called_kept(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*given: object) -> Profile:
        return replace(time_models(*given), verdict=Verdict("unusable", "Stop other work."))  # type: ignore[arg-type]

    monkeypatch.setattr("hwnas.profiling.recheck.time_models", busy)
    high_ms = recheck(bundle, None, "rapid", None)[0].latency_ms_interval[1]  # far within the promise
    assert ends(bundle, monkeypatch, f"--max-latency-ms={1.6 * high_ms}") == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "keeps its promise cannot be told: Stop other work." in told.err
