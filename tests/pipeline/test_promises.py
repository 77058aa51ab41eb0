"""A budget that cannot be kept is answered in words; a model over its budget is never handed out."""

from itertools import pairwise
from pathlib import Path

import onnxruntime
import pytest

from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.task import Examples, Split
from hwnas.export import manifest as manifests
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import BETWEEN_SESSIONS
from tests.moody import Moody
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated


def between(members: list[Member]) -> float:
    """A budget in the widest gap of a front, so that those below it, two or more, keep it in another session too."""
    gaps = [(low.latency_ms_interval[1], high.latency_ms_interval[0]) for low, high in pairwise(members[1:])]
    below, above = max(gaps, key=lambda gap: gap[1] / gap[0])
    return (below + above) / 2


def test_the_most_accurate_model_within_the_budget_is_handed_out_with_its_promise(searched: Path) -> None:
    front = reopened(searched).front()
    budget = between(front.members)
    manifest = front.pick(max_latency_ms=budget).export(searched / "out" / "model.onnx")
    kept = [m for m in front.members if m.limited_ms <= budget]
    best = max(kept, key=lambda m: m.expected_score)
    equals = [m for m in kept if best.equals(m)]
    first = min(equals, key=lambda m: m.latency_ms)
    assert manifest.architecture == first.architecture
    assert manifest.selection is not None
    assert manifest.selection.slower_equals == sum(m.expected_score > first.expected_score for m in equals)
    assert manifest.budget_ms == budget
    assert manifest.latency_ms_interval is not None
    assert manifest.latency_ms_interval[1] <= budget
    assert manifests.verify(searched / "out" / "model.onnx") == manifest
    assert manifest.parity_examples == front.report_images
    onnxruntime.InferenceSession(searched / "out" / "model.onnx", providers=["CPUExecutionProvider"])


def test_a_model_that_is_too_slow_when_timed_again_is_passed_over_for_a_faster_one(searched: Path) -> None:
    front = reopened(searched).front()
    budget = between(front.members)
    first, second = front.candidates(Limits.of(max_latency_ms=budget))[:2]
    moody = reopened(searched, Simulated(slower={first.key: 2.0}))
    manifest = moody.deliver(moody.front(), searched / "model.onnx", Limits.of(max_latency_ms=budget))
    assert manifest.architecture == second.architecture
    assert moody.device.timed[0] == first.key  # type: ignore[attr-defined]
    assert manifest.latency_ms == pytest.approx(second.latency_ms, rel=0.02)


def test_when_all_are_too_slow_now_nothing_is_handed_out(searched: Path) -> None:
    budget = Front.read(searched / "front.json").members[-1].latency_ms_interval[1] * 1.01
    slow = reopened(searched, Simulated(slower={"*": 30.0}))
    with pytest.raises(
        PromiseError, match=r"none of \d+ sub-networks stays within .* ms \(latency of one run\) on simulated"
    ):
        slow.deliver(slow.front(), searched / "model.onnx", Limits.of(max_latency_ms=budget))
    assert not (searched / "model.onnx").exists()


def test_a_budget_below_the_fastest_member_says_the_fastest_figure_and_the_gap(searched: Path) -> None:
    study = reopened(searched)
    fastest = study.front().members[0].latency_ms_interval[1]
    with pytest.raises(PromiseError, match=f"the fastest takes up to {fastest:.4g} ms, {fastest / 2:.4g} ms too long"):
        study.front().pick(max_latency_ms=fastest / 2)


def test_a_search_for_the_impossible_is_refused_before_anything_is_evaluated(searched: Path) -> None:
    (searched / "front.json").unlink()
    study = reopened(searched)
    before = len(study.run.archive)
    with pytest.raises(PromiseError, match=r"the fastest timed takes 0.\d+ ms, 0.\d+ ms too long"):
        study.search(16, Limits.of(max_latency_ms=0.01), samples=24)
    assert len(study.run.archive) == before


def test_a_size_below_the_smallest_is_refused_before_anything_is_timed(tmp_path: Path) -> None:
    study = reopened(tmp_path)
    said = r"keeps max_size_bytes = 100: by its params alone the nearest has [\d,]+, [\d,]+ too many"
    with pytest.raises(PromiseError, match=said):
        study.search(16, Limits.of(max_size_bytes=100), samples=24)
    assert study.device.timed == []  # type: ignore[attr-defined]
    assert len(study.run.archive) == 0


def test_missing_report_images_are_heard_of_before_anything_is_timed(tmp_path: Path) -> None:
    study = reopened(tmp_path)
    whole = study.task.examples

    def without(split: Split) -> Examples:
        if split == "report":
            raise InputError("No t10k-images-idx3-ubyte in data; give the four IDX files.")
        return whole(split)

    study.task.examples = without  # type: ignore[method-assign]
    with pytest.raises(InputError, match="No t10k-images"):
        study.search(16, samples=24)
    assert study.device.timed == []  # type: ignore[attr-defined]


def test_a_front_of_another_device_hands_nothing_out(searched: Path) -> None:
    other = reopened(searched, Simulated(name="another"))
    with pytest.raises(InputError, match="device simulated, here device is another; search this device first"):
        other.deliver(other.front(), searched / "model.onnx", Limits())


def test_an_export_that_is_refused_in_one_form_writes_none_and_leaves_what_was_there(searched: Path) -> None:
    study, model = reopened(searched), searched / "out" / "model.onnx"
    for also in (["torch", "pretrained"], ["pretrained", "torch"]):
        with pytest.raises(InputError, match="Only models of Hugging Face"):
            study.front().pick().export(model, also=also)
        assert not model.parent.exists()
    study.front().pick().export(model)
    before = {path.name: path.read_bytes() for path in model.parent.iterdir()}
    with pytest.raises(InputError, match="Only models of Hugging Face"):
        study.front().pick().export(model, also=["torch", "pretrained"])
    assert {path.name: path.read_bytes() for path in model.parent.iterdir()} == before


def test_a_changed_model_is_not_handed_out(searched: Path) -> None:
    study = reopened(searched)
    (member,) = study.front().members[:1]
    path = searched / member.file
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(InputError, match="is not the file its manifest speaks of"):
        study.deliver(study.front(), searched / "model.onnx", Limits.of(max_latency_ms=member.latency_ms_interval[1]))


def test_a_front_read_from_a_file_alone_hands_nothing_out(searched: Path) -> None:
    with pytest.raises(InputError, match=r"Study\(...\).front\(\)"):
        Front.read(searched / "front.json").pick()


def test_the_page_is_written_even_from_as_few_rows_as_can_be_learnt_from(searched: Path) -> None:
    study = reopened(searched)
    assert "</html>" in study.report(study.front()).read_text()


def test_a_budget_is_kept_in_a_calm_moment_that_is_a_little_slower_than_the_profile(searched: Path) -> None:
    member = reopened(searched).front().candidates(Limits())[0]
    later = reopened(searched, Moody(moods=[1.06]))
    manifest = later.deliver(later.front(), searched / "model.onnx", Limits())
    assert manifest.latency_ms == pytest.approx(member.latency_ms, rel=0.01)
    assert manifest.latency_ms_interval is not None
    assert manifest.latency_ms_at_slowest == pytest.approx(1.06 * manifest.latency_ms_interval[1], rel=0.01)
    assert manifest.slower_then == pytest.approx(1.06, rel=0.01)
    assert manifest.level.sessions == 1
    faster = reopened(searched, Moody(moods=[0.8]))
    manifest = faster.deliver(faster.front(), searched / "model.onnx", Limits())
    assert manifest.latency_ms == pytest.approx(member.latency_ms, rel=0.01)


def test_a_device_that_never_calms_is_scaled_to_the_profile_and_the_manifest_says_so(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = reopened(searched).front().candidates(Limits())[0]
    slow = reopened(searched, Moody(moods=[1.6]).rest(monkeypatch))
    manifest = slow.deliver(slow.front(), searched / "model.onnx", Limits())
    assert manifest.latency_ms == pytest.approx(member.latency_ms, rel=0.01)
    assert manifest.slower_then == pytest.approx(1.6, rel=0.01)


def test_the_promised_interval_allows_for_other_sessions(searched: Path) -> None:
    study = reopened(searched, Simulated(noise=1e-6))
    manifest = study.deliver(study.front(), searched / "model.onnx", Limits())
    assert manifest.latency_ms is not None
    assert manifest.latency_ms_interval is not None
    low, high = manifest.latency_ms_interval
    assert high / manifest.latency_ms - 1 == pytest.approx(1.96 * BETWEEN_SESSIONS, rel=0.01)
    assert 1 - low / manifest.latency_ms == pytest.approx(1.96 * BETWEEN_SESSIONS, rel=0.01)
