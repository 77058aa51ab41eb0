"""A report tells what the front and the archive hold, and nothing else."""

import shutil
from pathlib import Path

import pytest

from hwnas.archive import Archive
from hwnas.archive.records import RatedRecord
from hwnas.contracts.predictor import HonestyCard
from hwnas.contracts.trial import Result, Trial
from hwnas.pipeline.delivery.front import Front
from hwnas.pipeline.reports.run_report import export_command, losses, tell
from hwnas.pipeline.run_folder import Run
from hwnas.pipeline.study import Study
from hwnas.report.story import LossCurve, Story
from hwnas.training._curve import write_curve
from tests.plugged import Simulated, tiny_space, tiny_task
from tests.runs import tiny_supernet


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ended")
    Study(folder, tiny_supernet(), tiny_task(), Simulated(), preset="rapid").search(16, samples=24)
    return folder


def archive_of(folder: Path, front: Front) -> Archive:
    return Run(folder).searches(front.search.profile)


def told(folder: Path, front: Front, ratings: list[RatedRecord] | None = None) -> Story:
    strategy = front.search.strategy
    return tell(
        front, archive_of(folder, front), ratings or [], {strategy: [(1, 0.1)], "random": [(1, 0.05)]}, "my run", 96
    )


def test_members_stand_in_it_as_in_the_front_with_a_command_that_hands_each_out(ended: Path) -> None:
    front = Front.read(ended / "front.json")
    story = told(ended, front)
    assert [p.key for p in story.front] == [m.key for m in front.members]
    for point, member in zip(story.front, front.members, strict=True):
        assert (point.score, point.latency_ms) == (member.score, member.latency_ms)
        assert (point.score_low, point.score_high) == member.score_interval
        assert (point.latency_low_ms, point.latency_high_ms) == member.latency_ms_interval
        assert (point.predicted_score, point.predicted_latency_ms) == (
            member.expected_score, member.predicted_latency_ms,
        )  # fmt: skip
        assert point.export_command == export_command(member, "'my run' --task FILE.py:NAME")


def test_the_budget_of_a_command_is_what_limits_compare_with_and_two_per_cent() -> None:
    class Fast:
        limited_ms = 0.5

    assert export_command(Fast(), "run") == "hwnas export run --max-latency 0.51ms -o model.onnx"  # type: ignore[arg-type]


def test_every_architecture_that_either_run_evaluated_stands_in_it_once(ended: Path) -> None:
    front = Front.read(ended / "front.json")
    story = told(ended, front)
    searches = archive_of(ended, front).searches()
    seen = {
        result.trial.architecture.key: result.figures
        for run, search in searches.items()
        if search.role in ("search", "baseline")
        for result in archive_of(ended, front).results(run)
        if result.error is None
    }
    assert len(story.evaluated) == len(seen)
    assert {(e.latency_ms, e.score) for e in story.evaluated} == {
        (figures["latency_ms"], figures[front.figure.name]) for figures in seen.values()
    }
    assert {e.run for e in story.evaluated} == {"search", "random"}


def test_a_score_of_another_rule_is_not_shown_beside(ended: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ended, tmp_path / "other"))
    front = Front.read(folder / "front.json")
    before, archive = len(told(folder, front).evaluated), archive_of(folder, front)
    search = archive.searches()[front.search.runs[front.search.strategy]]
    archive.begin("of another rule", search.model_copy(update={"provenance": {"score": "another"}}))
    other = Result(
        Trial(tiny_space().smallest), {front.figure.name: 1.0, "latency_ms": 9.0}, provenance={"score": "another"}
    )
    archive.propose("of another rule", 0, [other.trial])
    archive.add(other)
    assert archive.results("of another rule")
    assert len(told(folder, front).evaluated) == before


def test_losses_of_the_training_in_the_folder_are_told_by_role(tmp_path: Path) -> None:
    assert losses(tmp_path) == []
    of_steps = [{"largest": 2.0}, {"largest": 1.0, "random": 3.0}]
    write_curve(tmp_path, [{"step": i, "losses": found} for i, found in enumerate(of_steps, start=1)])
    assert losses(tmp_path) == [LossCurve("largest", ((1, 2.0), (2, 1.0))), LossCurve("random", ((2, 3.0),))]


def test_curves_baselines_and_ratings_are_named_for_what_they_are(ended: Path) -> None:
    front = Front.read(ended / "front.json")
    card = HonestyCard("latency_ms", "ridge", 4, 4, 0.01, 0.02, True, 0.9, 0.95, 1.0)  # noqa: FBT003
    rating = RatedRecord(target="latency_ms", card=card, figures=[1.0], mean=[1.1], low=[0.9], high=[1.3])
    story = told(ended, front, [rating])
    assert [(curve.run, curve.steps) for curve in story.progress] == [
        ("search", ((1, 0.1),)), ("random", ((1, 0.05),)),
    ]  # fmt: skip
    assert [(b.name, b.latency_ms) for b in story.baselines] == [
        ("smallest sub-network", front.smallest.latency_ms), ("largest sub-network", front.largest.latency_ms),
    ]  # fmt: skip
    (guesses,) = story.guesses
    assert (guesses.name, guesses.unit) == ("latency", "ms")
