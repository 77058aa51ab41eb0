"""The first member that keeps its limits at this moment is handed out, whatever the front remembers."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.errors import InputError, PromiseError
from hwnas.contracts.level import Level
from hwnas.contracts.reference import Reference
from hwnas.pipeline.delivery.front import Front, Member
from hwnas.pipeline.delivery.hand_out import Delivery, put_in_place
from hwnas.pipeline.latencies.recorded import RecordedLatencies
from hwnas.pipeline.latencies.source import Now
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency
from tests.plugged import Simulated, tiny_space, tiny_task

ONE_MS = Limits.of(max_latency_ms=1.0)


@dataclass(frozen=True)
class ThisMoment(RecordedLatencies):
    """Each file's latency of now, by the name of its file; the rest of what a source tells is not asked here."""

    latency_ms: Mapping[str, float]

    def now(self, architecture: Architecture, path: Path, reference: Reference, limits: Limits) -> Now:  # noqa: ARG002
        mean = self.latency_ms[path.stem]
        return Now(Latency(0, mean, mean * 0.98, mean * 1.02, 5, 50, 0.01), mean * 1.05, Level())


def delivery(folder: Path, members: list[Member], latencies_ms: list[float]) -> Delivery:
    by_file = {Path(member.file).stem: ms for member, ms in zip(members, latencies_ms, strict=True)}
    source = ThisMoment(None, tiny_space(), None, by_file)  # type: ignore[arg-type]  # no table is asked for
    return Delivery(Front.read(folder / "front.json"), folder, tiny_space(), tiny_task(), source, Simulated().card())


def members(folder: Path) -> list[Member]:
    """Best first, as candidates are."""
    return Front.read(folder / "front.json").candidates(Limits())


def test_members_that_are_too_slow_now_are_passed_over(searched: Path, tmp_path: Path) -> None:
    first, second, *others = listed = members(searched)
    path = tmp_path / "model.onnx"
    manifest = delivery(searched, listed, [1.2, 0.9, *[0.5] * len(others)]).first_of(
        listed, path, ONE_MS, full_device=False
    )
    assert manifest.architecture == second.architecture != first.architecture
    assert path.read_bytes() == (searched / second.file).read_bytes()
    assert manifest.latency_ms == 0.9
    assert manifest.budget_ms == 1.0
    assert json.loads(path.with_suffix(".json").read_text())["sha256"] == manifest.sha256


def test_a_limit_is_kept_at_the_slowest_speed_remembered_and_not_on_average(searched: Path, tmp_path: Path) -> None:
    listed = members(searched)[:1]
    with pytest.raises(PromiseError, match="none of 1 sub-networks stays within"):  # 0.97 now, 1.02 at the slowest
        delivery(searched, listed, [0.97]).first_of(listed, tmp_path / "model.onnx", ONE_MS, full_device=False)
    assert not list(tmp_path.glob("model*"))


def test_a_file_that_was_exchanged_is_not_handed_out(searched: Path, tmp_path: Path) -> None:
    listed = members(searched)
    (searched / listed[0].file).write_bytes((searched / listed[1].file).read_bytes())
    with pytest.raises(InputError, match=Path(listed[0].file).name):
        delivery(searched, listed, [0.5] * len(listed)).first_of(
            listed, tmp_path / "model.onnx", ONE_MS, full_device=False
        )


def test_the_manifest_says_how_many_better_looking_slower_ones_it_was_taken_before(
    searched: Path, tmp_path: Path
) -> None:
    one, other = members(searched)[:2]
    slower = other.model_copy(update={"expected_score": one.expected_score + 0.001})
    manifest = delivery(searched, [one, slower], [0.5, 0.6]).first_of(
        [one, slower], tmp_path / "model.onnx", ONE_MS, full_device=False
    )
    assert manifest.selection is not None
    assert manifest.selection.slower_equals == 1


def test_all_that_was_made_aside_is_put_in_place_and_the_manifest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside, files = tmp_path / "aside", ["m.onnx", "m.json", "m.pt2", "m/config.json", "m/generation_config.json"]
    for name in files:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text(name)
    written: list[str] = []

    def write(path: Path, data: bytes) -> None:
        assert path == tmp_path / "out" / data.decode()
        written.append(data.decode())

    monkeypatch.setattr("hwnas.pipeline.delivery.hand_out.write_atomic", write)
    put_in_place(aside / "m.onnx", tmp_path / "out" / "m.onnx")
    assert sorted(written) == sorted(files)
    assert written[-1] == "m.json"


def test_forms_of_another_model_that_stay_beside_the_new_one_are_warned_of(tmp_path: Path) -> None:
    aside, there = tmp_path / "aside", tmp_path / "out"
    for folder, names in ((aside, ("m.onnx", "m.pt2")), (there, ("m.onnx", "m.pt2", "m.batch.onnx", "own.txt"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{name} of {folder.name}")
    with pytest.warns(UserWarning, match=r"^m\.batch\.onnx beside m\.onnx is of the model before"):
        put_in_place(aside / "m.onnx", there / "m.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        put_in_place(aside / "m.onnx", there / "m.onnx")  # the same model
