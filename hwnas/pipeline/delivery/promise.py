"""What the manifest of a member promises: the figures of the front, or those of a newer measurement."""

from dataclasses import asdict
from typing import Any

from hwnas.archive.provenance import code_version
from hwnas.contracts.device import DeviceCard
from hwnas.contracts.level import Level
from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Task
from hwnas.export.manifest import FigureCard
from hwnas.pipeline.delivery.bits_card import bits_promised
from hwnas.pipeline.delivery.front import Member, Searched
from hwnas.pipeline.latencies.source import Now

PARITY_EXAMPLES = 200


def promise_of(
    member: Member,
    card: DeviceCard,
    task: Task,
    searched: Searched,
    report_images: int,
    record: dict[str, Any],
    *,
    space: SearchSpace,
    level: Level,
    now: Now | None = None,
    budget_ms: float | None = None,
    passed_over: int = 0,
) -> dict[str, object]:
    """The manifest's fields for a member of `space`; `now` is a newer measurement than that of the
    front, whose `level` it is without one, `budget_ms` what was asked for, and `passed_over` how many slower members it
    was taken before although their expected score is better.
    """
    latency, images = now and now.latency, min(PARITY_EXAMPLES, report_images)
    alone = member.expected_score == member.search_score  # as of what was tuned and of the original
    share = 1.0 if alone else searched.measured_share
    prepared = task.preprocessing
    return {
        "architecture": member.architecture,
        "figure": FigureCard.of(task.figure),
        "score": member.score,
        "score_interval": member.score_interval,
        "score_provenance": {
            "task": task.name, "split": "report", "images": report_images, "confidence": 0.95,
        },
        "selection": {
            "images": searched.images, "measured_score": member.search_score,
            "expected_score": member.expected_score, "expected_score_error": member.expected_score_error,
            "measured_share": share, "slower_equals": passed_over,
        },
        "latency_ms": latency.latency_ms if latency else member.latency_ms,
        "latency_ms_interval": (latency.low_ms, latency.high_ms) if latency else member.latency_ms_interval,
        "latency_ms_at_slowest": now.at_slowest_ms if now else member.latency_ms_at_slowest,
        "level": asdict(now.level if now else level),
        "slower_then": now.slower if now else 1.0,
        "predicted_latency_ms": member.predicted_latency_ms,
        "budget_ms": budget_ms,
        **((now and now.extra) or member.extra),
        "parity_max_abs_diff": member.parity_max_abs_diff,
        "parity_top1_agreement": member.parity_top1_agreement,
        "parity_examples": images,
        **bits_promised(space, space.architecture(member.architecture), task, member.parity_top1_agreement, images),
        "device": card.to_dict(),
        "preprocessing": {"scale": prepared.scale, "mean": prepared.mean, "std": prepared.std} if prepared else None,
        "inputs": [{"name": i.name, "shape": i.shape, "dtype": i.dtype, "batch": 1} for i in space.inputs],
        "training": {name: value for name, value in record.items() if name != "curve"},
        "code_version": code_version(),
    }  # fmt: skip
