from dataclasses import replace

import pytest

from hwnas.contracts.device import Timing
from hwnas.profiling.estimate import Latency, Scale
from hwnas.profiling.slowdown import Slowdown
from hwnas.profiling.verdict import Canary, Verdict, beside_others_at_first, find_canary, find_verdict

CALM = Scale(reference_ms=1.0, seen_ms=1.0, baseline_share=0.95, waiting=1.0, baseline_ms=1.0, slowdown=Slowdown())


def latency(half_width: float) -> Latency:
    return Latency(0, 1.0, 1 - half_width, 1 + half_width, rounds=5, runs=50, spread=half_width)


def canary(drift: float) -> Canary:
    return Canary(0, 1.0, 1.0, 1.0, drift, drift)


@pytest.mark.parametrize(
    ("half_width", "drift", "baseline_share", "busy", "expected"),
    [
        (0.01, 0.01, 0.95, 0.1, ("stable", "1.0%")),
        (0.01, 0.01, 0.95, None, ("stable", "nothing needs doing")),
        (0.01, 0.05, 0.95, None, ("noisy", "canaries drifted by 5.0%")),
        (0.01, 0.20, 0.95, None, ("unusable", "canaries drifted by 20.0%")),
        (0.05, 0.01, 0.95, None, ("noisy", "longer preset")),
        (0.30, 0.01, 0.95, None, ("unusable", "to within 30.0% only")),
        (0.01, 0.01, 0.10, None, ("noisy", "10% of the timings")),
        (0.01, 0.01, 0.95, 1.4, ("noisy", "1.4 processors busy")),
    ],
)
def test_each_doubt_has_its_word_and_its_advice(
    half_width: float, drift: float, baseline_share: float, busy: float | None, expected: tuple[str, str]
) -> None:
    scale = replace(CALM, baseline_share=baseline_share)
    verdict = find_verdict(
        [latency(half_width)] * 3, [canary(drift)] * 3, scale, half_width=0.02, others_busy=busy, spare=2
    )
    state, word = expected
    assert verdict.state == state
    assert word in verdict.advice


@pytest.mark.parametrize(
    ("figures", "last", "first", "state"),
    [
        ("drift", 0.03, 0.0301, "noisy"),
        ("drift", 0.10, 0.1001, "unusable"),
        ("half_width", 0.0999, 0.1001, "unusable"),
        ("baseline_share", 0.25, 0.249, "noisy"),
        ("busy", 0.25, 0.251, "noisy"),
        ("busy", 2.25, 2.26, "unusable"),
        ("seen_ms", 1.1, 1.11, "noisy"),
        ("seen_ms", 3.0, 3.01, "unusable"),
    ],
)
def test_each_doubt_begins_beyond_its_limit(figures: str, last: float, first: float, state: str) -> None:
    def found(value: float) -> str:
        given = {"drift": 0.0, "half_width": 0.01, "baseline_share": 0.9, "busy": 0.0, "seen_ms": 1.0, figures: value}
        scale = replace(CALM, baseline_share=given["baseline_share"], seen_ms=given["seen_ms"])
        return find_verdict(
            [latency(given["half_width"])], [canary(given["drift"])], scale, half_width=0.5,
            others_busy=given["busy"], spare=2,
        ).state  # fmt: skip

    assert found(first) == state
    assert found(last) != state


def test_a_quarter_of_wide_intervals_is_borne() -> None:
    def state(wide: int) -> str:
        models = [latency(0.03)] * wide + [latency(0.01)] * (8 - wide)
        return find_verdict(models, [], CALM, half_width=0.02, others_busy=None).state

    assert (state(2), state(3)) == ("stable", "noisy")


def test_a_first_session_beside_others_says_so_beyond_a_quarter_of_a_processor() -> None:
    plain = Verdict("noisy", "Busy.")
    assert beside_others_at_first(plain, 0.25) == beside_others_at_first(plain, None) == plain
    assert beside_others_at_first(plain, 0.26).advice.startswith("Busy. Nothing is remembered")


def test_one_restless_canary_of_three_is_outvoted() -> None:
    canaries = [canary(0.0), canary(0.5), canary(0.01)]
    assert find_verdict([latency(0.01)], canaries, CALM, half_width=0.02, others_busy=None).state == "stable"


def test_a_canary_drifts_by_what_correction_leaves_over() -> None:
    def phase(own: float, beside: float) -> list[Timing]:
        return [Timing(4, r, 10, own, beside) for r in range(3)]

    steady = find_canary(4, [phase(2, 1), phase(3, 1.5), phase(4, 2)], CALM)
    assert steady.drift == pytest.approx(0.0)
    assert steady.raw_drift == pytest.approx(1 / 3)
    moved = find_canary(4, [phase(2, 1), phase(2, 1), phase(2.6, 1)], CALM)
    assert moved.drift == pytest.approx(2.6 / 2.2 - 1)
    assert (moved.start_ms, moved.end_ms) == (2.0, 2.6)


def test_work_that_took_processors_from_the_models_makes_a_table_unusable() -> None:
    def state(busy: float, spare: int, threads: int = 1) -> str:
        return find_verdict(
            [latency(0.01)], [], CALM, half_width=0.02, others_busy=busy, spare=spare, threads=threads
        ).state

    assert state(1.6, spare=1) == "unusable"
    assert state(1.1, spare=1) == "noisy"
    assert state(0.4, spare=0) == "unusable"
    assert state(0.4, spare=0, threads=2) == "noisy"
    assert state(0.1, spare=0) == "stable"


def test_a_machine_that_was_never_idle_is_told_by_the_scale_it_is_known_to_have() -> None:
    def verdict(seen_ms: float) -> Verdict:
        scale = replace(CALM, seen_ms=seen_ms, baseline_share=0.9)
        return find_verdict([latency(0.01)], [], scale, half_width=0.02, others_busy=0.0)

    assert verdict(1.05).state == "stable"
    assert verdict(1.7).state == "noisy"
    assert "1.7 times slower" in verdict(1.7).advice
    assert verdict(4.0).state == "unusable"
