"""The still picture: well-formed, one mark per figure, inside its frame."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hwnas.contracts.errors import InputError
from hwnas.contracts.objective import Objective
from hwnas.contracts.printable import printable
from hwnas.report.picture import write_front_svg
from tests.report.stories import HOSTILE, hostile_story, story


def _marks(path: Path, kind: str) -> list[ElementTree.Element]:
    return [e for e in ElementTree.parse(path).iter() if e.get("class") == kind]  # noqa: S314 -- our own file


def test_every_point_of_the_front_and_every_evaluation_inside_the_frame_is_drawn(tmp_path: Path) -> None:
    path = write_front_svg(story(), tmp_path / "front.svg")
    assert len(_marks(path, "dot")) == sum(p.validated for p in story().front)
    assert len(_marks(path, "unsure")) == sum(not p.validated for p in story().front)
    assert len(_marks(path, "baseline")) == len(story().baselines)
    assert 100 < len(_marks(path, "search")) + len(_marks(path, "random")) < len(story().evaluated)


def test_better_is_up_and_slower_is_right(tmp_path: Path) -> None:
    path = write_front_svg(replace(story(), front=story().front[1:3]), tmp_path / "front.svg")
    fast, slow = _marks(path, "dot")
    assert float(fast.get("cx", "")) < float(slow.get("cx", ""))
    assert float(fast.get("cy", "")) > float(slow.get("cy", ""))


def test_a_figure_of_which_less_is_better_is_named_and_its_line_falls(tmp_path: Path) -> None:
    error = Objective("error", "min", "mm")
    falling = tuple(
        replace(p, score=10 * (1 - p.score), score_low=10 * (1 - p.score_high), score_high=10 * (1 - p.score_low))
        for p in story().front
    )
    plain = replace(story(), figure=error, front=falling, evaluated=(), baselines=())
    path = write_front_svg(plain, tmp_path / "front.svg")
    assert "Error (mm)" in [e.text for e in ElementTree.parse(path).iter()]  # noqa: S314 -- our own file
    (stairs,) = _marks(path, "stair")
    assert stairs.get("d", "").count("V") == len(falling) - 1  # every slower one has less error


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    tree = ElementTree.parse(write_front_svg(hostile_story(), tmp_path / "front.svg"))  # noqa: S314 -- our own file
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags == {"svg", "style", "rect", "line", "text", "circle", "path"}
    assert printable(HOSTILE) in [element.text for element in tree.iter()]


def test_a_front_of_one_point_is_drawn(tmp_path: Path) -> None:
    alone = replace(story(), front=story().front[:1], evaluated=(), baselines=())
    assert len(_marks(write_front_svg(alone, tmp_path / "front.svg"), "dot")) == 1


def test_no_front_no_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="front"):
        write_front_svg(replace(story(), front=()), tmp_path / "front.svg")


def test_marks_lie_on_the_points_they_stand_for(tmp_path: Path) -> None:
    path = write_front_svg(story(), tmp_path / "front.svg")
    for square in _marks(path, "random"):
        assert square.get("width") == square.get("height")
    told = sorted(story().front, key=lambda point: point.latency_ms)
    dots = [mark for mark in ElementTree.parse(path).iter() if mark.get("class") in ("dot", "unsure")]  # noqa: S314
    bars = _marks(path, "bar")
    assert (len(dots), len(bars)) == (len(told), 2 * len(told))
    for dot, upright, level in zip(dots, bars[::2], bars[1::2], strict=True):
        assert upright.get("x1") == upright.get("x2") == dot.get("cx")
        assert level.get("y1") == level.get("y2") == dot.get("cy")
        assert float(upright.get("y2", "")) <= float(dot.get("cy", "")) <= float(upright.get("y1", ""))
        assert float(level.get("x1", "")) <= float(dot.get("cx", "")) <= float(level.get("x2", ""))
