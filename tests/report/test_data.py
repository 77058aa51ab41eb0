"""What the page draws, in the units that its axes say."""

import json
from dataclasses import replace

import pytest

from hwnas.report._data import injected
from hwnas.report.story import Baseline, Guess, Guesses, LossCurve
from tests.report.stories import honesty, hostile_story, story


def test_shares_are_drawn_in_per_cent_and_latencies_in_milliseconds() -> None:
    told = story()
    front = json.loads(injected(replace(told, baselines=(Baseline("largest", 4.1, 0.9385),))))["front"]
    point = min(told.front, key=lambda p: p.latency_ms)
    drawn = front["points"][0]
    assert [p["x"] for p in front["points"]] == sorted(p["x"] for p in front["points"])
    assert (drawn["x"], drawn["y"]) == (pytest.approx(point.latency_ms), pytest.approx(100 * point.score, rel=1e-5))
    assert drawn["xs"] == pytest.approx([point.latency_low_ms, point.latency_high_ms], rel=1e-5)
    assert drawn["ys"] == pytest.approx([100 * point.score_low, 100 * point.score_high], rel=1e-5)
    assert front["baselines"] == [{"name": "largest", "x": 4.1, "y": 93.85}]
    assert (front["xTitle"], front["sign"]) == ("Latency, timed (ms)", 1)


def test_of_evaluations_those_in_the_frame_are_drawn_by_who_asked_for_them() -> None:
    told = story()
    front = json.loads(injected(told))["front"]
    for run in ("search", "random"):
        inside = [e for e in told.evaluated if e.run == run and e.score > 0.5]  # one is far below all others
        assert len(front[run]) == len(inside) == 60
        assert front[run][0] == pytest.approx([inside[0].latency_ms, 100 * inside[0].score], rel=1e-5)


def test_guesses_are_drawn_in_the_unit_that_they_are_told_in() -> None:
    card, points = honesty("x", relative=True), (Guess(0.5, 0.25, 0.125, 0.75),)
    told = replace(story(), guesses=(Guesses("accuracy", "%", points, card), Guesses("latency", "ms", points, card)))
    share, latency = json.loads(injected(told))["guesses"]
    assert share["points"] == [[50.0, 25.0, 12.5, 75.0]]
    assert latency["points"] == [[0.5, 0.25, 0.125, 0.75]]
    assert share["range"][0] < 25.0
    assert share["range"][1] > 50.0


def test_a_run_without_a_step_is_not_drawn_and_figures_have_six_digits() -> None:
    told = story()
    run = replace(told.progress[0], steps=((4, 0.123456789),))
    data = json.loads(injected(replace(told, progress=(run, replace(told.progress[1], steps=())))))
    assert data["progress"] == [{"name": "search", "steps": [[4, 0.123457]]}]


def test_losses_are_drawn_by_role_and_the_search_before_random() -> None:
    told = replace(story(), training=(LossCurve("largest", ((1, 2.25), (9, 0.5))),), progress=story().progress[::-1])
    data = json.loads(injected(told))
    assert data["training"] == [{"name": "largest", "steps": [[1, 2.25], [9, 0.5]]}]
    assert [run["name"] for run in data["progress"]] == ["search", "random"]


def test_no_text_ends_the_script_that_it_is_in() -> None:
    text = injected(hostile_story())
    assert not set("<>&\u2028\u2029") & set(text)
    json.loads(text)
