"""Every figure of a manifest, told from figures by hand."""

import pytest

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.choice import Choice
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import InputSpec, SearchSpace
from hwnas.pipeline.delivery.front import Member, Searched
from hwnas.pipeline.delivery.promise import promise_of
from hwnas.pipeline.latencies.source import Now
from hwnas.pipeline.selection.limits import Limits
from hwnas.profiling.estimate import Latency
from hwnas.tasks.digits import digits

CARD = DeviceCard("cpu:threads=1", "chip", 2, 10**9, "Linux", "onnxruntime 1", "CPUExecutionProvider", 1)
MEMBER = Member(
    key=Architecture({"n": 3}).key, architecture={"n": 3}, search_score=0.71, expected_score=0.72,
    expected_score_error=0.013, score=0.74, score_interval=(0.70, 0.77), latency_ms=2.0,
    latency_ms_interval=(1.9, 2.1), latency_ms_at_slowest=2.3, predicted_latency_ms=2.05,
    predicted_latency_ms_interval=(1.8, 2.4), size_bytes=11, sha256="0" * 64, macs=5.0, params=6.0,
    parity_max_abs_diff=1e-6, parity_top1_agreement=0.99, file="subnets/3.onnx", p95_ms=2.2,
)  # fmt: skip
SEARCHED = Searched(limits=Limits(), seed=0, profile="0", images=120, measured_share=0.6, asked=24, runs={})
LEVEL = Level(latest=1.05, slowest=1.1)
NOW = Now(
    Latency(0, 2.02, 1.97, 2.09, 5, 50, 0.01), 2.4, Level(latest=1.2, slowest=1.3), slower=1.15, extra={"p95_ms": 2.6}
)


def promise(now: Now | None = None, images: int = 150, member: Member = MEMBER, **more: float) -> dict[str, object]:
    record = {"method": "sandwich", "curve": [1, 2]}
    space = SearchSpace([Choice("n", (3,))], inputs=[InputSpec("image", (1, 8, 8))])
    return promise_of(member, CARD, digits(), SEARCHED, images, record, space=space, level=LEVEL, now=now, **more)  # type: ignore[arg-type]


def test_without_a_newer_timing_it_is_the_members_own() -> None:
    told = promise()
    assert (told["latency_ms"], told["latency_ms_interval"], told["latency_ms_at_slowest"]) == (2.0, (1.9, 2.1), 2.3)
    assert told["level"] == {
        "sessions": 1, "hours": 0.0, "latest": 1.05, "fastest": 1.0, "slowest": 1.1, "next_session": None,
        "virtual_machine": None, "beside_others": False,
    }  # fmt: skip
    assert (told["slower_then"], told["budget_ms"], told["p95_ms"]) == (1.0, None, 2.2)


def test_a_newer_timing_takes_the_place_of_the_members_and_so_do_its_level_and_what_is_told_beside_it() -> None:
    told = promise(NOW, budget_ms=2.5, passed_over=2)
    assert (told["latency_ms"], told["latency_ms_interval"], told["latency_ms_at_slowest"]) == (2.02, (1.97, 2.09), 2.4)
    assert (told["level"]["latest"], told["level"]["slowest"]) == (1.2, 1.3)  # type: ignore[index]
    assert (told["slower_then"], told["budget_ms"], told["p95_ms"]) == (1.15, 2.5, 2.6)
    assert told["selection"]["slower_equals"] == 2  # type: ignore[index]
    assert told["predicted_latency_ms"] == 2.05


def test_scores_are_told_with_the_images_that_each_is_of() -> None:
    told = promise()
    assert (told["score"], told["score_interval"]) == (0.74, (0.70, 0.77))
    assert told["score_provenance"] == {"task": "digits", "split": "report", "images": 150, "confidence": 0.95}
    assert told["selection"] == {
        "images": 120, "measured_score": 0.71, "expected_score": 0.72, "expected_score_error": 0.013,
        "measured_share": 0.6, "slower_equals": 0,
    }  # fmt: skip
    assert told["figure"].name == "accuracy"  # type: ignore[attr-defined]


def test_what_is_expected_as_it_was_measured_is_measured_alone() -> None:
    told = promise(member=MEMBER.model_copy(update={"expected_score": MEMBER.search_score}))
    assert told["selection"]["measured_share"] == 1  # type: ignore[index]


@pytest.mark.parametrize(("images", "proved"), [(150, 150), (200, 200), (201, 200), (10_000, 200)])
def test_a_file_is_proved_on_two_hundred_examples_or_on_all_there_are(images: int, proved: int) -> None:
    told = promise(images=images)
    assert told["parity_examples"] == proved
    assert (told["parity_max_abs_diff"], told["parity_top1_agreement"]) == (1e-6, 0.99)


def test_it_tells_the_device_the_input_and_the_training_but_not_its_curve() -> None:
    told = promise()
    assert told["device"] == CARD.to_dict()
    assert told["inputs"] == [{"name": "image", "shape": (1, 8, 8), "dtype": "float32", "batch": 1}]
    assert told["training"] == {"method": "sandwich"}
    assert told["architecture"] == {"n": 3}
