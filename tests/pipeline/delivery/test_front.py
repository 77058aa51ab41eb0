"""What may be picked from a front, for any front and any limits; the interval of an accuracy."""

import shutil
from dataclasses import replace
from math import hypot
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.evaluation.interval import wilson_interval
from hwnas.pipeline.delivery.front import End, Front, Healing, Member, Searched
from hwnas.pipeline.selection.limits import Limits
from tests.pipeline.conftest import reopened
from tests.plugged import Simulated


def member(number: int, latency_ms: float, accuracy: float, size_bytes: int) -> Member:
    around = (latency_ms * 0.98, latency_ms * 1.02)
    return Member(
        key=Architecture({"n": number}).key, architecture={"n": number}, search_score=1 - accuracy,
        expected_score=accuracy, expected_score_error=0.01, score=0.5,
        score_interval=wilson_interval(0.5, 100), latency_ms=latency_ms, latency_ms_interval=around,
        predicted_latency_ms=latency_ms, predicted_latency_ms_interval=around, size_bytes=size_bytes,
        sha256=f"{number:064x}", macs=None,
        params=None, parity_max_abs_diff=0.0, parity_top1_agreement=1.0, file=f"subnets/{number}.onnx",
    )  # fmt: skip


def front_of(members: list[Member]) -> Front:
    end = End(score=0.5, latency_ms=1.0)
    return Front(
        space="tiny", task="tiny", device=Simulated().card().to_dict(), verdict="stable.", reference={},
        reference_ms=1.0, report_images=100, evaluations=24, hypervolume={},
        search=Searched(limits=Limits(), seed=0, profile="0", images=100, measured_share=0.5, asked=24, runs={}),
        smallest=end, largest=end, members=members,
    )  # fmt: skip


SHARES = st.floats(0.01, 0.99)
FIGURES = st.tuples(st.floats(0.1, 10), SHARES, st.integers(1, 10_000))
FRONTS = st.lists(FIGURES, min_size=1, max_size=8).map(
    lambda rows: front_of([member(i, *row) for i, row in enumerate(rows)])
)
LIMITS = st.builds(
    lambda latency, score, size: Limits.of(max_latency_ms=latency, worst_score=score, max_size_bytes=size),
    st.none() | st.floats(0.05, 12),
    st.none() | SHARES,
    st.none() | st.integers(1, 12_000).map(float),
)


def keeps(m: Member, limits: Limits) -> bool:
    return (
        m.latency_ms_interval[1] <= (limits.latency_ms or np.inf)
        and m.expected_score >= (limits.worst_score or 0)
        and m.size_bytes <= (limits.bounds.get("size_bytes", np.inf))
    )


@given(FRONTS, LIMITS)
def test_candidates_are_exactly_the_members_that_keep_all_limits_the_fastest_of_the_best_first(
    front: Front, limits: Limits
) -> None:
    expected = {m.key for m in front.members if keeps(m, limits)}
    if not expected:
        with pytest.raises(PromiseError, match="No sub-network of this front keeps the limits on simulated"):
            front.candidates(limits)
        return
    found = front.candidates(limits)
    assert {m.key for m in found} == expected
    best = max(m.expected_score for m in found)
    equals = sum(best - m.expected_score <= hypot(0.01, 0.01) for m in found)
    assert all(best - m.expected_score <= hypot(0.01, 0.01) for m in found[:equals])
    assert [m.latency_ms for m in found[:equals]] == sorted(m.latency_ms for m in found[:equals])
    worse = [m.expected_score for m in found[equals:]]
    assert worse == sorted(worse, reverse=True)
    assert [m.key for m in front.within(limits).members] == [m.key for m in front.members if m.key in expected]


@given(FRONTS)
def test_of_a_healed_front_the_best_comes_first_however_near_faster_ones_are(front: Front) -> None:
    healed = front.model_copy(update={"healing": Healing(recipe={}, distilled=True, before={})})
    scores = [m.expected_score for m in healed.candidates(Limits())]
    assert scores == sorted((m.expected_score for m in front.members), reverse=True)


@given(FRONTS, LIMITS, st.floats(1, 3))
def test_a_looser_budget_picks_a_slower_member_only_where_its_expectation_is_better(
    front: Front, limits: Limits, factor: float
) -> None:
    if limits.latency_ms is None or not any(keeps(m, limits) for m in front.members):
        return
    looser = replace(limits, bounds={**limits.bounds, "latency_ms": limits.latency_ms * factor})
    first, second = front.candidates(limits)[0], front.candidates(looser)[0]
    assert second == first or second.expected_score > first.expected_score or second.latency_ms < first.latency_ms


def test_of_two_that_cannot_be_told_apart_the_faster_one_is_handed_out() -> None:
    slower, faster, far = member(0, 4.39, 0.8 + 1e-8, 1), member(1, 1.96, 0.8, 1), member(2, 1.0, 0.78, 1)
    found = front_of([slower, faster, far]).candidates(Limits())
    assert [m.architecture["n"] for m in found] == [1, 0, 2]


def test_a_limit_is_kept_at_the_slowest_speed_remembered() -> None:
    moving = member(0, 1.0, 0.5, 1).model_copy(update={"latency_ms_at_slowest": 1.2})
    assert front_of([moving]).candidates(Limits.of(max_latency_ms=1.2))
    with pytest.raises(PromiseError, match=r"takes up to 1\.2 ms"):
        front_of([moving]).candidates(Limits.of(max_latency_ms=1.19))


@given(FRONTS)
def test_a_front_comes_back_from_its_file_as_it_was(tmp_path_factory: pytest.TempPathFactory, front: Front) -> None:
    path = tmp_path_factory.mktemp("front") / "front.json"
    front.write(path)
    assert Front.read(path) == front


def test_a_front_with_a_broken_card_or_without_members_is_refused(tmp_path: Path) -> None:
    whole = front_of([member(0, 1.0, 0.5, 10)])
    path = tmp_path / "front.json"
    for spoiled in ({"device": {"device": "cpu"}}, {"members": []}):
        whole.model_copy(update=spoiled).write(path)
        with pytest.raises(InputError, match="is not a front"):
            Front.read(path)


def test_wilsons_interval_is_that_of_a_worked_example() -> None:
    """15 of 50: centre (0.3 + z²/100) / (1 + z²/50), as anyone can work out; 0.1910 to 0.4375."""
    assert wilson_interval(0.3, 50) == pytest.approx((0.1910, 0.4375), abs=5e-5)
    assert wilson_interval(0.0, 10)[0] == 0.0
    assert wilson_interval(1.0, 10)[1] == 1.0


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_wilsons_interval_holds_the_share_and_stays_a_share(right: int, n: int) -> None:
    share = min(right, n) / n
    low, high = wilson_interval(share, n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


@pytest.mark.parametrize(("truth", "n"), [(0.9, 200), (0.93, 5000), (0.5, 50)])
def test_wilsons_interval_holds_the_truth_about_as_often_as_it_says(truth: float, n: int) -> None:
    drawn = np.random.default_rng(0).binomial(n, truth, 4000) / n
    held = np.mean([low <= truth <= high for low, high in (wilson_interval(float(s), n) for s in drawn)])
    assert 0.93 < held < 0.97


def test_files_swapped_in_the_front_are_found_out(searched: Path, tmp_path: Path) -> None:
    study = reopened(searched)
    front = study.front()
    files = [member.file for member in front.members]
    assert len(files) > 1
    others = zip(front.members, [*files[1:], files[0]], strict=True)
    swapped = [member.model_copy(update={"file": file}) for member, file in others]
    front.model_copy(update={"members": swapped}).write(searched / "front.json")
    with pytest.raises(InputError, match="is not the network that the front says it is"):
        study.front().pick().export(tmp_path / "mine.onnx")
    assert not list(tmp_path.glob("mine*"))


def test_a_file_outside_of_the_run_is_not_handed_out(searched: Path, tmp_path: Path) -> None:
    study = reopened(searched)
    front = study.front()
    for suffix in (".onnx", ".json"):
        shutil.copy((searched / front.members[0].file).with_suffix(suffix), tmp_path / f"other{suffix}")
    (searched / "subnets" / "link.onnx").symlink_to(tmp_path / "other.onnx")
    shutil.copy(tmp_path / "other.json", searched / "subnets" / "link.json")
    for file in ("../other.onnx", str(tmp_path / "other.onnx"), "subnets/link.onnx"):
        moved = [member.model_copy(update={"file": file}) for member in front.members]
        front.model_copy(update={"members": moved}).write(searched / "front.json")
        with pytest.raises(InputError, match="which is not in"):
            study.front().pick().export(tmp_path / "mine.onnx")


def test_a_file_of_the_users_in_the_way_of_an_export_or_its_manifest_stays(searched: Path, tmp_path: Path) -> None:
    pick = reopened(searched).front().pick()
    (tmp_path / "package.json").write_text("mine")
    with pytest.raises(InputError, match=r"package\.json is there already"):
        pick.export(tmp_path / "package.onnx")
    assert [path.name for path in tmp_path.glob("package*")] == ["package.json"]
    pick.export(tmp_path / "package.onnx", force=True)
    pick.export(tmp_path / "package.onnx")


def test_a_front_says_which_of_its_members_it_hands_out() -> None:
    front = front_of([member(0, 1.0, 0.9, 3000), member(1, 2.0, 0.905, 3000)])
    healed = front.model_copy(update={"healing": Healing(recipe={}, distilled=True, before={})})
    fastest, best = (each.candidates(Limits({}))[0].key for each in (front, healed))
    assert [fastest, best] == [m.key for m in front.members]
    assert "the fastest is handed out" in front.said_of_choice
    assert "the one of the best expected accuracy is handed out" in healed.said_of_choice


def test_members_with_other_weights_than_the_search_saw_are_named() -> None:
    front = front_of([member(i, i + 1.0, 0.8, 3000) for i in range(3)])
    inherited, healed, tuned = (m.key for m in front.members)
    assert front.said_of_weights == []
    healing = Healing(recipe={}, distilled=True, before={healed: 0.7, tuned: 0.7})
    said = front.model_copy(update={"healing": healing, "adopted": {tuned: "0" * 12}}).said_of_weights
    assert [(inherited in s, healed in s, tuned in s) for s in said] == [(False, True, False), (False, False, True)]
    assert ["tuned by hwnas" in s for s in said] == [True, False]
